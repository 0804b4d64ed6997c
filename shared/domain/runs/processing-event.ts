import type { NewEvent } from '../../contract/events.ts'
import { STAGES } from '../../contract/pipeline.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'

/** The row says `processed`, the WebSocket `completed`. */
const STATUS = { processing: 'processing', processed: 'completed', error: 'error' } as const

/** Returns the event with the present state of a video. */
export const processingEvent = (
  video: Pick<VideoRow, 'id' | 'status' | 'stage' | 'processingProgress' | 'metadata'>,
): NewEvent => ({
  type: 'video_processing',
  payload: {
    videoId: video.id,
    status: STATUS[video.status],
    progress: video.processingProgress,
    stage: video.stage,
    message: video.metadata?.error?.message ?? STAGES[video.stage].message,
    ...(video.status === 'error' && video.metadata?.error && { error: video.metadata.error }),
  },
})
