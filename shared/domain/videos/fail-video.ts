import type { Failure } from '../../contract/jobs.ts'
import type { Sql } from '../../db/client.ts'
import type * as jobs from '../../db/repositories/jobs.ts'
import type * as runs from '../../db/repositories/runs.ts'
import type { Emit } from '../../db/transact.ts'
import { failJobsOfVideo } from '../summaries/end-summary-job.ts'
import { processingEvent } from './processing-event.ts'

export type FailVideoDeps = { runs: typeof runs; jobs: typeof jobs }

/**
 * Ends a video with a reason, and its open jobs with it, and tells its owner; nothing happens when it has ended already or belongs to another run. `runId` is
 * null while no run has taken it. Part of the caller's transaction.
 */
export const failVideo = async (
  { runs, jobs }: FailVideoDeps,
  { sql, emit }: { sql: Sql; emit: Emit },
  { videoId, runId, failure }: { videoId: string; runId: string | null; failure: Failure },
): Promise<void> => {
  const video = runId ? await runs.failRun(sql, { videoId, runId, failure }) : await runs.failWaitingVideo(sql, { videoId, failure })
  if (!video) return
  await failJobsOfVideo({ jobs }, { sql, emit }, { videoId, attempt: video.attempt, error: failure })
  await emit(video.userId, processingEvent(video))
}
