import type { Failure } from '../../contract/failure.ts'
import type { JobType } from '../../contract/jobs.ts'
import type { Sql } from '../../db/client.ts'
import {
  completeOpenJobs,
  completeJob as completeRow,
  createJob,
  failOpenJobs,
  failJob as failRow,
  type JobRow,
} from '../../db/repositories/jobs.ts'
import type { Emit } from '../../db/transact.ts'
import type { CreateId } from '../../kernel/ids.ts'
import { jobTypes } from './job-types.ts'
import type { NewJob } from './open-job.ts'

type Tx = { sql: Sql; emit: Emit }

const emitEnd = async (emit: Emit, end: 'completed' | 'failed', job: JobRow | undefined) => {
  const event = job && jobTypes[job.type][end]?.(job)
  if (event) await emit(job.userId, event)
}

/** Completes a job and sends the event of its type; nothing happens when it has ended. Part of the caller's transaction. */
export const completeJob = async ({ sql, emit }: Tx, o: { jobId: string; result: unknown }): Promise<void> =>
  emitEnd(emit, 'completed', await completeRow(sql, o))

/** Completes the job of a step, also one that was never begun. Part of the caller's transaction. */
export const completeStep = async (tx: Tx, createId: CreateId, { result, ...step }: NewJob & { result: unknown }): Promise<void> => {
  const { id: jobId } = await createJob(tx.sql, { id: createId(), ...step })
  await completeJob(tx, { jobId, result })
}

/** Completes the open jobs of these types, which have no event of their own. Part of the caller's transaction. */
export const completeSteps = ({ sql }: Tx, o: { videoId: string; attempt: number; types: readonly JobType[]; result?: unknown }) =>
  completeOpenJobs(sql, o)

/** Fails a job and sends the event of its type; nothing happens when it has ended. Part of the caller's transaction. */
export const failJob = async ({ sql, emit }: Tx, o: { jobId: string; error: Failure }): Promise<void> =>
  emitEnd(emit, 'failed', await failRow(sql, o))

/** Fails every open job of a video's attempt. Part of the caller's transaction. */
export const failJobsOfVideo = async ({ sql, emit }: Tx, o: { videoId: string; attempt: number; error: Failure }): Promise<void> => {
  for (const job of await failOpenJobs(sql, o)) await emitEnd(emit, 'failed', job)
}
