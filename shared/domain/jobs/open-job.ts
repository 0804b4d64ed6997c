import type { JobType } from '../../contract/jobs.ts'
import type { Sql } from '../../db/client.ts'
import { createJob, type JobRow, markJobsEnded, releaseJob, reopenJob } from '../../db/repositories/jobs.ts'
import type { CreateId } from '../../kernel/ids.ts'

export type JobDeps = { sql: Sql; createId: CreateId }

/** A step of an attempt of a video. `subject` distinguishes jobs of one type by language. */
export type NewJob = { userId: string; videoId: string; attempt: number; type: JobType; subject?: string }

/** Returns the job of a step: a new one, a failed one queued again, or any other unchanged. */
export const openJob = async ({ sql, createId }: JobDeps, step: NewJob): Promise<JobRow> => {
  const job = await createJob(sql, { id: createId(), ...step })
  return (job.status === 'failed' && (await reopenJob(sql, { jobId: job.id }))) || job
}

/** Queues the job of a step unless it has ended, also when it is running. */
export const queueJob = async ({ sql, createId }: JobDeps, step: NewJob): Promise<void> => {
  const { id: jobId } = await createJob(sql, { id: createId(), ...step })
  await releaseJob(sql, { jobId })
}

/** Returns the job of a step whose work was done before. Completes it without an event. */
export const openDoneJob = async (deps: JobDeps, step: NewJob, result: unknown): Promise<JobRow> => {
  const job = await openJob(deps, step)
  await markJobsEnded(deps.sql, { jobId: job.id }, { status: 'completed', result })
  return job
}
