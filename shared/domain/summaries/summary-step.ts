import { SUMMARY_ABANDONED_MS } from '../../contract/limits.ts'
import { failure } from '../../contract/problems.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'
import type { NewJob } from '../jobs/open-job.ts'

/** The failure of a summary for a reason that is not the video's. */
export const SUMMARY_FAILED = failure('summary.failed')

/** Returns the step that is the summary of a video in a language. */
export const summaryStep = (
  { id: videoId, userId, attempt }: Pick<VideoRow, 'id' | 'userId' | 'attempt'>,
  language: string,
): NewJob => ({
  ...{ videoId, userId, attempt },
  type: 'generate-summary',
  subject: language,
})

/** Returns the moment before which a summary was begun whose worker must be gone. */
export const abandonedBefore = (now: Date): Date => new Date(now.getTime() - SUMMARY_ABANDONED_MS)
