import { type JobEnd, type Jobs, markJobsEnded } from '../../db/repositories/jobs.ts'
import type { Tx } from '../../db/transact.ts'
import { jobTypes } from './job-types.ts'

/**
 * Ends the open ones of these jobs and emits the event of each one's type. A job that has ended
 * does not change. Runs in the caller's transaction.
 */
export const endJobs = async ({ sql, emit }: Tx, jobs: Jobs, end: JobEnd): Promise<void> => {
  for (const job of await markJobsEnded(sql, jobs, end)) {
    const event = jobTypes[job.type].emits?.[end.status]?.(job)
    if (event) await emit(job.userId, event)
  }
}
