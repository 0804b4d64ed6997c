import type { Failure } from '../../contract/failure.ts'
import type { JobStatus, JobType } from '../../contract/jobs.ts'
import { first, type Sql } from '../client.ts'

export type JobRow = {
  id: string
  userId: string
  videoId: string
  type: JobType
  /** Tells several of one type apart: the language of a summary; '' for all other types. */
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

/** A step of a video: `subject` tells several of one type apart (the language of a summary). */
export type Step = { videoId: string; type: JobType; subject?: string; attempt: number }

/** The job of a step, made now or found as an earlier call left it: repeating a step makes no second job and counts as no progress of the first. */
export const createJob = async (sql: Sql, o: Step & { id: string; userId: string; status?: JobStatus }): Promise<JobRow> => {
  const made = first(
    await sql<JobRow[]>`
      INSERT INTO jobs (id, user_id, video_id, type, subject, attempt, status)
      VALUES (${o.id}, ${o.userId}, ${o.videoId}, ${o.type}, ${o.subject ?? ''}, ${o.attempt}, ${o.status ?? 'queued'})
      ON CONFLICT (video_id, type, subject, attempt) DO NOTHING
      RETURNING ${sql(COLUMNS)}`,
  )
  if (made) return made
  const found = await sql<JobRow[]>`
    SELECT ${sql(COLUMNS)} FROM jobs
    WHERE video_id = ${o.videoId} AND type = ${o.type} AND subject = ${o.subject ?? ''} AND attempt = ${o.attempt}`
  return first(found)!
}

/** A user's job. */
export const findJob = async (sql: Sql, { userId, jobId }: { userId: string; jobId: string }): Promise<JobRow | undefined> =>
  first(await sql<JobRow[]>`SELECT ${sql(COLUMNS)} FROM jobs WHERE id = ${jobId} AND user_id = ${userId}`)

/** The newest job of a step, of whatever attempt. */
export const findNewestJob = async (
  sql: Sql,
  { videoId, type, subject = '' }: { videoId: string; type: JobType; subject?: string },
): Promise<JobRow | undefined> =>
  first(
    await sql<JobRow[]>`
      SELECT ${sql(COLUMNS)} FROM jobs WHERE video_id = ${videoId} AND type = ${type} AND subject = ${subject} ORDER BY attempt DESC LIMIT 1`,
  )

/** One job, or those of a video's attempt: all of them, or those of some types. */
export type Jobs = { jobId: string } | { videoId: string; attempt: number; types?: readonly JobType[] }

const areOpen = (sql: Sql, jobs: Jobs) => {
  const open = sql`status IN ('queued', 'running')`
  if ('jobId' in jobs) return sql`id = ${jobs.jobId} AND ${open}`
  const ofTypes = jobs.types ? sql`AND type IN ${sql(jobs.types)}` : sql``
  return sql`video_id = ${jobs.videoId} AND attempt = ${jobs.attempt} ${ofTypes} AND ${open}`
}

/** Marks the open ones of these jobs as running, `progress` (0-99) done. Progress only grows. */
export const runJobs = async (sql: Sql, jobs: Jobs, { progress = 0 }: { progress?: number } = {}): Promise<void> => {
  await sql`
    UPDATE jobs SET status = 'running', progress = GREATEST(progress, ${Math.min(99, Math.max(0, Math.floor(progress)))}::int)
    WHERE ${areOpen(sql, jobs)}`
}

/**
 * Takes a job to work on: one that waits, or one that has not moved since `abandonedBefore`, because whoever took it is dead. One of several callers gets it;
 * the others, and all once it has ended, get undefined.
 */
export const claimJob = async (sql: Sql, o: { jobId: string; progress: number; abandonedBefore: Date }): Promise<JobRow | undefined> =>
  first(
    await sql<JobRow[]>`
      UPDATE jobs SET status = 'running', progress = ${o.progress}
      WHERE id = ${o.jobId} AND (status = 'queued' OR (status = 'running' AND updated_at < ${o.abandonedBefore}))
      RETURNING ${sql(COLUMNS)}`,
  )

export type JobEnd = { status: 'completed'; result?: unknown } | { status: 'failed'; error: Failure } | { status: 'cancelled' }

/** Ends the open ones of these jobs and returns them. A job that has ended stays as it is. */
export const endJobs = async (sql: Sql, jobs: Jobs, end: JobEnd): Promise<JobRow[]> => {
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

/** Queues a job that has failed once more. Undefined when it has not. */
export const reopenJob = async (sql: Sql, { jobId }: { jobId: string }): Promise<JobRow | undefined> =>
  first(
    await sql<JobRow[]>`
      UPDATE jobs SET status = 'queued', progress = 0, error = NULL WHERE id = ${jobId} AND status = 'failed' RETURNING ${sql(COLUMNS)}`,
  )

/** Puts a job back that was taken and could not be done. Undefined unless it is running. */
export const releaseJob = async (sql: Sql, { jobId }: { jobId: string }): Promise<JobRow | undefined> =>
  first(
    await sql<JobRow[]>`
      UPDATE jobs SET status = 'queued', progress = 0 WHERE id = ${jobId} AND status = 'running' RETURNING ${sql(COLUMNS)}`,
  )

/** The jobs of a type that a video still waits for. */
export const listQueuedJobs = async (
  sql: Sql,
  { videoId, type, limit = 50 }: { videoId: string; type: JobType; limit?: number },
): Promise<JobRow[]> => {
  const rows = await sql<JobRow[]>`
    SELECT ${sql(COLUMNS)} FROM jobs WHERE video_id = ${videoId} AND type = ${type} AND status = 'queued' ORDER BY created_at, id LIMIT ${limit}`
  return [...rows]
}

/** How many jobs wait and how many run, of all users. */
export const countOpenJobs = async (sql: Sql): Promise<{ queued: number; running: number }> => {
  const [row] = await sql<{ queued: number; running: number }[]>`
    SELECT count(*) FILTER (WHERE status = 'queued') AS queued, count(*) FILTER (WHERE status = 'running') AS running
    FROM jobs WHERE status IN ('queued', 'running')`
  return row!
}

/** Open jobs of a type that have not moved since `before` and whose video is not being processed, oldest first. */
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
