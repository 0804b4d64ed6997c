import { problem } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import { findVideo, type VideoRow } from '../../db/repositories/videos.ts'

/** A video and the user who must own it. */
export type Owned = { userId: string; videoId: string }

/**
 * The user's video. Throws `video.not_found`, also for a video of somebody else: nobody learns that
 * it is there.
 */
export const requireVideo = async ({ sql }: { sql: Sql }, { userId, videoId }: Owned): Promise<VideoRow> => {
  const video = await findVideo(sql, { userId, videoId })
  if (!video) throw noSuchVideo(videoId)
  return video
}

/** The one answer for a video that is not there and for somebody else's. */
export const noSuchVideo = (videoId: string) => problem('video.not_found', { videoId })
