import type { Failure } from '../../contract/failure.ts'
import { failRun, failWaitingVideo } from '../../db/repositories/runs.ts'
import type { Tx } from '../../db/transact.ts'
import { endJobs } from '../jobs/end-jobs.ts'
import { processingEvent } from './processing-event.ts'

/**
 * Ends a video with a reason, and its open jobs with it, and tells its owner; nothing happens when it has ended already or belongs to another run. `runId` is
 * null while no run has taken it. Part of the caller's transaction.
 */
export const failVideo = async (
  { sql, emit }: Tx,
  { videoId, runId, failure }: { videoId: string; runId: string | null; failure: Failure },
): Promise<void> => {
  const video = runId ? await failRun(sql, { videoId, runId, failure }) : await failWaitingVideo(sql, { videoId, failure })
  if (!video) return
  await endJobs({ sql, emit }, { videoId, attempt: video.attempt }, { status: 'failed', error: failure })
  await emit(video.userId, processingEvent(video))
}
