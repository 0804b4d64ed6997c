import type { Queue } from '../../aws/queue.ts'
import type { Transcoding } from '../../aws/transcoding.ts'
import type { Failure } from '../../contract/failure.ts'
import { SWEEP_DELAY_SECONDS } from '../../contract/limits.ts'
import type { PipelineInput } from '../../contract/pipeline.ts'
import type { MessageOf } from '../../contract/queues.ts'
import { deleteCaptionTracks } from '../../db/repositories/caption-tracks.ts'
import { isWaiting, releaseLease } from '../../db/repositories/leases.ts'
import { deleteMediaFiles } from '../../db/repositories/media-files.ts'
import { findVideo } from '../../db/repositories/videos.ts'
import type { Transact } from '../../db/transact.ts'
import { runPrefix } from '../../kernel/object-keys.ts'
import { failVideo } from './fail-video.ts'
import { NO_PLACE } from './read-failure.ts'

export type FailDeps = {
  transact: Transact
  transcoding: Pick<Transcoding, 'cancel'>
  cleanup: Queue<MessageOf<'cleanup'>>
}

/**
 * Fails a run for a reason: notifies the owner, releases the place, removes the run's files.
 * Removes the uploaded file, too, when a retry cannot succeed. Idempotent, also for a run that is
 * no longer current.
 */
export const failRun = async (
  deps: FailDeps,
  {
    runId,
    input,
    failure,
  }: { runId: string; input: Pick<PipelineInput, 'videoId' | 'userId'>; failure: Failure },
): Promise<void> => {
  const { videoId, userId } = input
  const transcodeJobId = await deps.transact(async tx => {
    const { sql } = tx
    const neverBegan = failure.code === 'media.timed_out' && (await isWaiting(sql, { runId }))
    await failVideo(tx, { videoId, runId, failure: neverBegan ? NO_PLACE : failure })
    await releaseLease(sql, { runId })
    // Read after the update, whose lock excludes that a step publishes the run meanwhile.
    const video = await findVideo(sql, { userId, videoId })
    const owned = video?.runId === runId
    if (owned && video.status === 'processed') return null
    // A run that failed before keeps its first reason.
    const reason = video?.metadata?.error ?? failure
    await deleteMediaFiles(sql, { videoId, runId })
    await deleteCaptionTracks(sql, { videoId, runId })
    // Sent before the commit: a message that cannot be sent rolls the failure back.
    const source = owned && !reason.retryable && video.sourceKey
    const leftovers = { keys: source ? [source] : [], prefixes: [runPrefix(videoId, runId)] }
    await deps.cleanup.send(leftovers)
    // The conversion and the media task are still stopping and may write files.
    await deps.cleanup.send(leftovers, { delaySeconds: SWEEP_DELAY_SECONDS })
    return owned ? video.transcodeJobId : null
  })
  if (transcodeJobId) await deps.transcoding.cancel(transcodeJobId)
}
