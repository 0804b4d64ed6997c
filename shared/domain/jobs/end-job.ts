import type { Failure } from '../../contract/failure.ts'
import type { Sql } from '../../db/client.ts'
import type { JobRow } from '../../db/repositories/jobs.ts'
import { completeJob, failJob, failOpenJobs } from '../../db/repositories/jobs.ts'
import type { Emit } from '../../db/transact.ts'

type Tx = { sql: Sql; emit: Emit }

/** Completes the job of a summary and tells its owner; nothing happens when it has ended. Part of the caller's transaction. */
export const completeSummaryJob = async ({ sql, emit }: Tx, { jobId, summaryId }: { jobId: string; summaryId: string }) => {
  const job = await completeJob(sql, { jobId, result: { summaryId } })
  if (!job) return
  const { userId, videoId, subject: language } = job
  await emit(userId, { type: 'user_activity', payload: { action: 'summary_completed', videoId, summaryId, language, jobId } })
}

/** Fails the job of a summary and tells its owner; nothing happens when it has ended. Part of the caller's transaction. */
export const failSummaryJob = async ({ sql, emit }: Tx, { jobId, error }: { jobId: string; error: Failure }) => {
  const job = await failJob(sql, { jobId, error })
  if (job) await tellFailed(emit, job)
}

/** Fails every open job of a video's attempt, and tells its owner of each summary among them. Part of the caller's transaction. */
export const failJobsOfVideo = async ({ sql, emit }: Tx, o: { videoId: string; attempt: number; error: Failure }) => {
  for (const job of await failOpenJobs(sql, o)) if (job.type === 'generate-summary') await tellFailed(emit, job)
}

const tellFailed = (emit: Emit, { id: jobId, userId, videoId, subject: language, error }: JobRow) =>
  emit(userId, { type: 'user_activity', payload: { action: 'summary_failed', videoId, code: error?.code, language, jobId } })
