import type { DirectUploads } from '../../aws/direct-uploads.ts'
import type { Queue } from '../../aws/queue.ts'
import type { StateMachine } from '../../aws/state-machine.ts'
import type { Transcoding } from '../../aws/transcoding.ts'
import { SWEEP_DELAY_SECONDS } from '../../contract/limits.ts'
import type { MessageOf } from '../../contract/queues.ts'
import { findUpload } from '../../db/repositories/uploads.ts'
import { deleteVideo as deleteVideoRow } from '../../db/repositories/videos.ts'
import type { Transact } from '../../db/transact.ts'
import { mediaPrefix, sourcePrefix } from '../../kernel/object-keys.ts'
import type { Logger } from '../../observability/logger.ts'
import { noSuchVideo, type Owned } from './require-video.ts'

export type DeleteVideoDeps = {
  transact: Transact
  directUploads: Pick<DirectUploads, 'abortMultipart'>
  cleanup: Queue<MessageOf<'cleanup'>>
  pipeline: StateMachine
  transcoding: Pick<Transcoding, 'cancel'>
  log: Logger
}

/**
 * The row goes first: with it everything is gone for the user, and late steps of the pipeline find
 * no video to write to. The files follow through the cleanup queue. Throws `video.not_found`.
 */
export const deleteVideo = async (deps: DeleteVideoDeps, { userId, videoId }: Owned): Promise<void> => {
  const sweep = {
    keys: [],
    prefixes: [sourcePrefix(userId, videoId), mediaPrefix(videoId)],
    onlyIfGone: videoId,
  }
  const { video, upload } = await deps.transact(async ({ sql, emit }) => {
    const upload = await findUpload(sql, { userId, videoId })
    const row = await deleteVideoRow(sql, { userId, videoId })
    if (!row) throw noSuchVideo(videoId)
    await emit(userId, { type: 'user_activity', payload: { action: 'video_deleted', videoId } })
    // Sent before the commit, so that no deletion forgets its files; after a rollback the video is
    // still there and the sweep does nothing.
    await deps.cleanup.send(sweep, { delaySeconds: SWEEP_DELAY_SECONDS })
    return { video: row, upload }
  })
  const { runId, transcodeJobId, status } = video
  const parts =
    upload?.status === 'pending' && upload.uploadId
      ? { key: upload.key, uploadId: upload.uploadId }
      : undefined
  const followUps = [
    parts && deps.directUploads.abortMultipart(parts),
    deps.cleanup.send(sweep),
    status === 'processing' && runId && deps.pipeline.stop(runId, 'The video was deleted.'),
    status === 'processing' && transcodeJobId && deps.transcoding.cancel(transcodeJobId),
  ]
  for (const { reason } of (await Promise.allSettled(followUps)).filter(
    result => result.status === 'rejected',
  )) {
    // The sweep and the guards of the pipeline still do the work, only later.
    deps.log.warn('A deleted video is cleaned up later', { videoId, error: reason })
  }
}
