import type { Failure } from '../../contract/jobs.ts'
import type { Sql } from '../../db/client.ts'
import type { Emit } from '../../db/transact.ts'
import { failJobsOfVideo } from '../summaries/end-summary-job.ts'
import { processingEvent } from './processing-event.ts'
import type { VideoDeps } from './video-deps.ts'

/** Ends a video that no run has taken, with its jobs, and tells its owner; nothing happens when a run has it or it has ended. Part of the caller's transaction. */
export const failWaitingVideo = async (
  { runs, jobs }: Pick<VideoDeps, 'runs' | 'jobs'>,
  { sql, emit }: { sql: Sql; emit: Emit },
  { videoId, failure }: { videoId: string; failure: Failure },
): Promise<void> => {
  const video = await runs.failWaitingVideo(sql, { videoId, failure })
  if (!video) return
  await failJobsOfVideo({ jobs }, { sql, emit }, { videoId, attempt: video.attempt, error: failure })
  await emit(video.userId, processingEvent(video))
}
