import type { Failure } from '../../contract/failure.ts'
import { failWaitingVideo, markRunFailed } from '../../db/repositories/runs.ts'
import type { Tx } from '../../db/transact.ts'
import { endJobs } from '../jobs/end-jobs.ts'
import { processingEvent } from './processing-event.ts'

/**
 * Fails a video and its open jobs for a reason, and notifies the owner. Does nothing when the video
 * has ended or belongs to another run. `runId` is null while it has no run. Runs in the caller's
 * transaction.
 */
export const failVideo = async (
  { sql, emit }: Tx,
  { videoId, runId, failure }: { videoId: string; runId: string | null; failure: Failure },
): Promise<void> => {
  const video = runId
    ? await markRunFailed(sql, { videoId, runId, failure })
    : await failWaitingVideo(sql, { videoId, failure })
  if (!video) return
  await endJobs({ sql, emit }, { videoId, attempt: video.attempt }, { status: 'failed', error: failure })
  await emit(video.userId, processingEvent(video))
}
