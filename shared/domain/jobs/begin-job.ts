import type { JobType } from '../../contract/jobs.ts'
import type { Sql } from '../../db/client.ts'
import { claimJob, createJob, findNewestJob, type JobRow, releaseJob, runJob } from '../../db/repositories/jobs.ts'
import type { JobDeps, NewJob } from './open-job.ts'

/** Returns the job of a step, running: made now, or found when the step is repeated. */
export const beginJob = async ({ sql, createId }: JobDeps, step: NewJob): Promise<JobRow> => {
  const job = await createJob(sql, { id: createId(), ...step })
  await runJob(sql, { jobId: job.id })
  return job
}

/**
 * Takes a queued job, or one that has not moved since `abandonedBefore`, because its worker is gone. One of
 * several callers gets it; the others, and all once it has ended, get undefined.
 */
export const takeJob = (sql: Sql, o: { jobId: string; progress: number; abandonedBefore: Date }): Promise<JobRow | undefined> =>
  claimJob(sql, o)

/** Puts a job that was taken and could not be done back into the queue. */
export const returnJob = async (sql: Sql, { jobId }: { jobId: string }): Promise<void> => {
  await releaseJob(sql, { jobId })
}

/** Records the progress (0-99) of the newest job of a type; nothing happens when it has ended. */
export const reportJob = async (sql: Sql, o: { videoId: string; type: JobType; progress: number }): Promise<void> => {
  const job = await findNewestJob(sql, o)
  if (job) await runJob(sql, { jobId: job.id, progress: o.progress })
}
