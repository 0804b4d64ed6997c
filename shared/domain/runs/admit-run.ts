import type { PipelineInput } from '../../contract/pipeline.ts'
import type { Database } from '../../db/client.ts'
import { acquireLease } from '../../db/repositories/leases.ts'
import { claimRun } from '../../db/repositories/runs.ts'
import type { Transact } from '../../db/transact.ts'
import { addSeconds, type Clock } from '../../kernel/clock.ts'
import { reportProgress } from './report-progress.ts'

export type AdmitDeps = {
  sql: Database
  transact: Transact
  now: Clock
  maxConcurrentRuns: number
  /** The longest time that a run which never ends holds its place. */
  leaseMs: number
  onStarted: (run: { videoId: string; userId: string }) => void
}

/**
 * A waiting run keeps its place in the queue for this long after its last request. The state
 * machine retries a failed request sooner than that.
 */
const SILENCE_SECONDS = 60

/**
 * Decides whether a run may begin. `wait`: all places are taken, or due to runs that asked before.
 * `stop`: the video is deleted, finished or belongs to another run. Idempotent; a waiting run asks
 * again.
 */
export const admitRun = async (
  deps: AdmitDeps,
  { runId, input }: { runId: string; input: PipelineInput },
): Promise<{ decision: 'run' | 'wait' | 'stop' }> => {
  const { videoId, attempt, userId } = input
  const claimed = await claimRun(deps.sql, { videoId, runId, attempt })
  if (!claimed) return { decision: 'stop' }
  const now = deps.now()
  const until = {
    expiresAt: addSeconds(now, deps.leaseMs / 1000),
    waitsUntil: addSeconds(now, SILENCE_SECONDS),
  }
  const admitted = await acquireLease(deps.sql, {
    videoId,
    runId,
    limit: deps.maxConcurrentRuns,
    now,
    ...until,
  })
  if (!admitted) return { decision: 'wait' }
  await reportProgress(deps, { videoId, runId, stage: 'queued', share: 1 })
  deps.onStarted({ videoId, userId })
  return { decision: 'run' }
}
