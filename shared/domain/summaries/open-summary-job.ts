import { SUMMARY_ABANDONED_MS } from '../../contract/limits.ts'
import { failure } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import type { JobRow } from '../../db/repositories/jobs.ts'
import { createJob, reopenJob } from '../../db/repositories/jobs.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'
import type { CreateId } from '../../kernel/ids.ts'

type Deps = { sql: Sql; createId: CreateId }

/** The failure of a summary for a reason that is not the video's. */
export const SUMMARY_FAILED = failure('summary.failed', 'The summary could not be written. Ask for it again.')

/** The job of a summary in a language: made now, found when it is asked for again, and queued once more when it has failed. */
export const openSummaryJob = async (
  { sql, createId }: Deps,
  { video, language }: { video: Pick<VideoRow, 'id' | 'userId' | 'attempt'>; language: string },
): Promise<JobRow> => {
  const step = { userId: video.userId, videoId: video.id, attempt: video.attempt, type: 'generate-summary', subject: language } as const
  const job = await createJob(sql, { id: createId(), ...step })
  return (job.status === 'failed' && (await reopenJob(sql, { jobId: job.id }))) || job
}

/** A summary that was begun before this moment and has not ended is worked on by nobody. */
export const abandonedBefore = (now: Date): Date => new Date(now.getTime() - SUMMARY_ABANDONED_MS)
