import type { Failure } from '../../contract/failure.ts'
import type { JobStatus, JobType } from '../../contract/jobs.ts'
import { first, type Sql } from '../client.ts'

export type JobRow = {
  id: string
  userId: string
  videoId: string
  type: JobType
  /** Distinguishes jobs of one type: the language of a summary, '' for other types. */
  subject: string
  attempt: number
  status: JobStatus
  progress: number
  result: unknown
  error: Failure | null
  createdAt: string
  updatedAt: string
}

const COLUMNS = [
  'id',
  'userId',
  'videoId',
  'type',
  'subject',
  'attempt',
  'status',
  'progress',
  'result',
  'error',
  'createdAt',
  'updatedAt',
] as const

/** A step of an attempt of a video. */
export type Step = { videoId: string; type: JobType; subject?: string; attempt: number }

/** Returns the job of a step: a new queued one, or the existing one unchanged. */
export const createJob = async (sql: Sql, o: Step & { id: string; userId: string }): Promise<JobRow> => {
  const made = first(
    await sql<JobRow[]>`
      INSERT INTO jobs (id, user_id, video_id, type, subject, attempt)
      VALUES (${o.id}, ${o.userId}, ${o.videoId}, ${o.type}, ${o.subject ?? ''}, ${o.attempt})
      ON CONFLICT (video_id, type, subject, attempt) DO NOTHING
      RETURNING ${sql(COLUMNS)}`,
  )
  if (made) return made
  const found = await sql<JobRow[]>`
    SELECT ${sql(COLUMNS)} FROM jobs
    WHERE video_id = ${o.videoId} AND type = ${o.type} AND subject = ${o.subject ?? ''} AND attempt = ${o.attempt}`
  return first(found)!
}

/** Returns a user's job. */
export const findJob = async (
  sql: Sql,
  { userId, jobId }: { userId: string; jobId: string },
): Promise<JobRow | undefined> =>
  first(await sql<JobRow[]>`SELECT ${sql(COLUMNS)} FROM jobs WHERE id = ${jobId} AND user_id = ${userId}`)

/** Returns the job of a step in the newest attempt that has one. */
export const findNewestJob = async (
  sql: Sql,
  { videoId, type, subject = '' }: { videoId: string; type: JobType; subject?: string },
): Promise<JobRow | undefined> =>
  first(
    await sql<JobRow[]>`
      SELECT ${sql(COLUMNS)} FROM jobs WHERE video_id = ${videoId} AND type = ${type} AND subject = ${subject} ORDER BY attempt DESC LIMIT 1`,
  )

/** One job, or the jobs of a video's attempt, of all types or of some. */
export type Jobs = { jobId: string } | { videoId: string; attempt: number; types?: readonly JobType[] }

const areOpen = (sql: Sql, jobs: Jobs) => {
  const open = sql`status IN ('queued', 'running')`
  if ('jobId' in jobs) return sql`id = ${jobs.jobId} AND ${open}`
  const ofTypes = jobs.types ? sql`AND type IN ${sql(jobs.types)}` : sql``
  return sql`video_id = ${jobs.videoId} AND attempt = ${jobs.attempt} ${ofTypes} AND ${open}`
}

/** Marks the open ones of these jobs as running. Progress (0-99) never decreases. */
export const runJobs = async (
  sql: Sql,
  jobs: Jobs,
  { progress = 0 }: { progress?: number } = {},
): Promise<void> => {
  await sql`
    UPDATE jobs SET status = 'running', progress = GREATEST(progress, ${Math.min(99, Math.max(0, Math.floor(progress)))}::int)
    WHERE ${areOpen(sql, jobs)}`
}

/**
 * Marks a queued job, or a running one that has not changed since `abandonedBefore`, as running.
 * Returns it to one of several callers. The others get undefined, and so do all once it has ended.
 */
export const claimJob = async (
  sql: Sql,
  o: { jobId: string; progress: number; abandonedBefore: Date },
): Promise<JobRow | undefined> =>
  first(
    await sql<JobRow[]>`
      UPDATE jobs SET status = 'running', progress = ${o.progress}
      WHERE id = ${o.jobId} AND (status = 'queued' OR (status = 'running' AND updated_at < ${o.abandonedBefore}))
      RETURNING ${sql(COLUMNS)}`,
  )

export type JobEnd =
  | { status: 'completed'; result?: unknown }
  | { status: 'failed'; error: Failure }
  | { status: 'cancelled' }

/** Ends the open ones of these jobs and returns them. A job that has ended does not change. */
export const markJobsEnded = async (sql: Sql, jobs: Jobs, end: JobEnd): Promise<JobRow[]> => {
  const completed = end.status === 'completed'
  const rows = await sql<JobRow[]>`
    UPDATE jobs SET
      status = ${end.status}, progress = ${completed ? 100 : sql`progress`},
      result = ${completed && end.result !== undefined ? sql.json(end.result as never) : null},
      error = ${end.status === 'failed' ? sql.json(end.error) : null}
    WHERE ${areOpen(sql, jobs)}
    RETURNING ${sql(COLUMNS)}`
  return [...rows]
}

/** Queues a failed job again. Returns undefined when it has not failed. */
export const reopenJob = async (sql: Sql, { jobId }: { jobId: string }): Promise<JobRow | undefined> =>
  first(
    await sql<JobRow[]>`
      UPDATE jobs SET status = 'queued', progress = 0, error = NULL WHERE id = ${jobId} AND status = 'failed' RETURNING ${sql(COLUMNS)}`,
  )

/** Queues a running job again. Returns undefined when it is not running. */
export const releaseJob = async (sql: Sql, { jobId }: { jobId: string }): Promise<JobRow | undefined> =>
  first(
    await sql<JobRow[]>`
      UPDATE jobs SET status = 'queued', progress = 0 WHERE id = ${jobId} AND status = 'running' RETURNING ${sql(COLUMNS)}`,
  )

/** Returns the queued jobs of a type of a video, oldest first. */
export const listQueuedJobs = async (
  sql: Sql,
  { videoId, type, limit = 50 }: { videoId: string; type: JobType; limit?: number },
): Promise<JobRow[]> => {
  const rows = await sql<JobRow[]>`
    SELECT ${sql(COLUMNS)} FROM jobs WHERE video_id = ${videoId} AND type = ${type} AND status = 'queued' ORDER BY created_at, id LIMIT ${limit}`
  return [...rows]
}

/** Returns the number of queued and of running jobs of all users. */
export const countOpenJobs = async (sql: Sql): Promise<{ queued: number; running: number }> => {
  const [row] = await sql<{ queued: number; running: number }[]>`
    SELECT count(*) FILTER (WHERE status = 'queued') AS queued, count(*) FILTER (WHERE status = 'running') AS running
    FROM jobs WHERE status IN ('queued', 'running')`
  return row!
}

/** Returns open jobs, unchanged since `before`, of videos that are not processed, oldest first. */
export const listStuckJobs = async (
  sql: Sql,
  { type, before, limit }: { type: JobType; before: Date; limit: number },
): Promise<JobRow[]> => {
  const rows = await sql<JobRow[]>`
    SELECT ${sql(COLUMNS)} FROM jobs
    WHERE type = ${type} AND status IN ('queued', 'running') AND updated_at < ${before}
      AND NOT EXISTS (SELECT 1 FROM videos WHERE videos.id = jobs.video_id AND videos.status = 'processing')
    ORDER BY updated_at, id LIMIT ${limit}`
  return [...rows]
}
