import type { Failure } from '../../contract/failure.ts'
import type { Sql } from '../../db/client.ts'
import { failRun, failWaitingVideo } from '../../db/repositories/runs.ts'
import type { Emit } from '../../db/transact.ts'
import { failJobsOfVideo } from '../jobs/end-job.ts'
import { processingEvent } from './processing-event.ts'

/**
 * Ends a video with a reason, and its open jobs with it, and tells its owner; nothing happens when it has ended already or belongs to another run. `runId` is
 * null while no run has taken it. Part of the caller's transaction.
 */
export const failVideo = async (
  { sql, emit }: { sql: Sql; emit: Emit },
  { videoId, runId, failure }: { videoId: string; runId: string | null; failure: Failure },
): Promise<void> => {
  const video = runId ? await failRun(sql, { videoId, runId, failure }) : await failWaitingVideo(sql, { videoId, failure })
  if (!video) return
  await failJobsOfVideo({ sql, emit }, { videoId, attempt: video.attempt, error: failure })
  await emit(video.userId, processingEvent(video))
}
