import type { DirectUploads } from '../../aws/direct-uploads.ts'
import type { Queue } from '../../aws/queue.ts'
import { problem } from '../../contract/problems.ts'
import type { MessageOf } from '../../contract/queues.ts'
import type { Sql } from '../../db/client.ts'
import { endUpload, findUpload } from '../../db/repositories/uploads.ts'
import { deleteVideo } from '../../db/repositories/videos.ts'
import type { Transact } from '../../db/transact.ts'
import { sourcePrefix } from '../../kernel/object-keys.ts'
import type { Owned } from '../videos/require-video.ts'

export type AbortDeps = {
  sql: Sql
  transact: Transact
  directUploads: DirectUploads
  cleanup: Queue<MessageOf<'cleanup'>>
}

/**
 * Gives a pending upload up: S3 frees its parts, the video disappears. Throws `upload.not_found`,
 * `upload.already_completed`.
 */
export const abortUpload = async (deps: AbortDeps, owned: Owned): Promise<void> => {
  const { userId, videoId } = owned
  const upload = await findUpload(deps.sql, owned)
  if (!upload) throw problem('upload.not_found')
  if (upload.status === 'completed') throw problem('upload.already_completed')
  if (upload.uploadId) await deps.directUploads.abortMultipart({ key: upload.key, uploadId: upload.uploadId })
  await deps.transact(async ({ sql, emit }) => {
    // The file may have arrived since: then its pipeline is under way.
    const ended = upload.status !== 'pending' || (await endUpload(sql, { videoId, status: 'aborted' }))
    if (!ended) throw problem('upload.already_completed')
    if (await deleteVideo(sql, owned))
      await emit(userId, { type: 'user_activity', payload: { action: 'video_deleted', videoId } })
  })
  await deps.cleanup.send({ keys: [], prefixes: [sourcePrefix(userId, videoId)], onlyIfGone: videoId })
}
