import { updateVideo as updateVideoRow } from '../../db/repositories/videos.ts'
import type { Transact } from '../../db/transact.ts'
import { noSuchVideo, type Owned } from './require-video.ts'

export type UpdateVideoDeps = { transact: Transact }
type Change = { title?: string | undefined; description?: string | undefined }

/** Changes what is given and tells the user's other clients. Throws `video.not_found`. */
export const updateVideo = (
  { transact }: UpdateVideoDeps,
  { userId, videoId, title, description }: Owned & Change,
) =>
  transact(async ({ sql, emit }) => {
    const video = await updateVideoRow(sql, { userId, videoId, title, description })
    if (!video) throw noSuchVideo(videoId)
    await emit(userId, { type: 'user_activity', payload: { action: 'video_updated', videoId } })
    return video
  })
