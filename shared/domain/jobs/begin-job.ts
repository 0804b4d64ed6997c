import type { JobType } from '../../contract/jobs.ts'
import type { Sql } from '../../db/client.ts'
import { claimJob, createJob, type JobRow, releaseJob, runJobs } from '../../db/repositories/jobs.ts'
import type { JobDeps, NewJob } from './open-job.ts'

/** Marks the job of a step as running. A repeated step finds its job. */
export const beginJob = async ({ sql, createId }: JobDeps, step: NewJob): Promise<void> => {
  const { id: jobId } = await createJob(sql, { id: createId(), ...step })
  await runJobs(sql, { jobId })
}

/**
 * Takes a queued job, or a running one that has not changed since `abandonedBefore` because its
 * worker died. Returns it to one of several callers. The others get undefined, and so do all once
 * it has ended.
 */
export const takeJob = (
  sql: Sql,
  o: { jobId: string; progress: number; abandonedBefore: Date },
): Promise<JobRow | undefined> => claimJob(sql, o)

/** Returns a job that was taken and not done to the queue. */
export const returnJob = async (sql: Sql, { jobId }: { jobId: string }): Promise<void> => {
  await releaseJob(sql, { jobId })
}

/** Records the progress (0-99) of a job of a video's attempt; nothing happens when it has ended. */
export const reportJob = (
  sql: Sql,
  o: { videoId: string; attempt: number; type: JobType; progress: number },
): Promise<void> =>
  runJobs(sql, { videoId: o.videoId, attempt: o.attempt, types: [o.type] }, { progress: o.progress })
