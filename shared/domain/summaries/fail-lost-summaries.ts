import type { Sql } from '../../db/client.ts'
import { listStuckJobs } from '../../db/repositories/jobs.ts'
import type { Transact } from '../../db/transact.ts'
import type { Clock } from '../../kernel/clock.ts'
import { endJobs } from '../jobs/end-jobs.ts'
import { SUMMARY_FAILED } from './summary-step.ts'

export type LostDeps = { sql: Sql; transact: Transact; now: Clock }

/** Several times what a worker may take. One that comes after all opens the job again. */
const LOST_MS = 60 * 60_000

/**
 * Fails summary jobs whose message or worker was lost, so that none stays open for ever and each
 * can be asked for again. Answers how many.
 */
export const failLostSummaries = async (
  deps: LostDeps,
  { limit = 50 }: { limit?: number } = {},
): Promise<number> => {
  const before = new Date(deps.now().getTime() - LOST_MS)
  const lost = await listStuckJobs(deps.sql, { type: 'generate-summary', before, limit })
  for (const { id: jobId } of lost)
    await deps.transact(tx => endJobs(tx, { jobId }, { status: 'failed', error: SUMMARY_FAILED }))
  return lost.length
}
