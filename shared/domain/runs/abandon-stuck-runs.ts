import type { StateMachine } from '../../aws/state-machine.ts'
import type { Sql } from '../../db/client.ts'
import { listStuckVideos } from '../../db/repositories/runs.ts'
import type { Clock } from '../../kernel/clock.ts'
import { type FailDeps, failRun } from './fail-run.ts'
import { failVideo } from './fail-video.ts'
import { readEnding } from './read-failure.ts'

export type AbandonDeps = FailDeps & {
  sql: Sql
  now: Clock
  /** A run without any change for this long counts as lost. */
  timeoutMs: number
  pipeline: Pick<StateMachine, 'stop'>
}

/** The state machine has the same timeout: this margin lets it end the run first. */
const MARGIN_MS = 10 * 60_000

/** Fails videos whose run ended without a record of it, and returns how many. */
export const abandonStuckRuns = async (
  deps: AbandonDeps,
  { limit = 50 }: { limit?: number } = {},
): Promise<number> => {
  const before = new Date(deps.now().getTime() - deps.timeoutMs - MARGIN_MS)
  const stuck = await listStuckVideos(deps.sql, { before, limit })
  const failure = readEnding('TIMED_OUT')
  for (const { id: videoId, userId, runId } of stuck) {
    if (!runId) {
      await deps.transact(tx => failVideo(tx, { videoId, runId: null, failure }))
      continue
    }
    await deps.pipeline.stop(runId, failure.message)
    await failRun(deps, { runId, input: { videoId, userId }, failure })
  }
  return stuck.length
}
