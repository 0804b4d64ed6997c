import type { PipelineInput } from '../../contract/pipeline.ts'
import { problem } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import { findVideo, type VideoRow } from '../../db/repositories/videos.ts'

/** Returns the video of a current run. Throws `media.cancelled` once the run has ended. */
export const requireRun = async (
  deps: { sql: Sql },
  { runId, input }: { runId: string; input: Pick<PipelineInput, 'videoId' | 'userId'> },
): Promise<VideoRow> => {
  const { videoId, userId } = input
  const video = await findVideo(deps.sql, { userId, videoId })
  if (video?.runId !== runId || video.status !== 'processing') throw problem('media.cancelled')
  return video
}
