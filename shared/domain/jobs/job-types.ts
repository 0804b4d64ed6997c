import type { NewEvent } from '../../contract/events.ts'
import type { JobType } from '../../contract/jobs.ts'
import type { JobEnd, JobRow } from '../../db/repositories/jobs.ts'

type JobTypeRow = {
  /** The event that the owner of such a job gets at its end, by how it ended. */
  emits?: { [status in JobEnd['status']]?: (job: JobRow) => NewEvent }
}

/** One row for each type of job. The events of a video's own steps are those of the video. */
export const jobTypes: Record<JobType, JobTypeRow> = {
  'process-video': {},
  'download-youtube': {},
  'extract-metadata': {},
  'extract-audio': {},
  'generate-thumbnail': {},
  'generate-transcript': {},
  'generate-summary': {
    emits: {
      completed: ({ id: jobId, videoId, subject: language, result }) => {
        const { summaryId } = result as { summaryId: string }
        return { type: 'user_activity', payload: { action: 'summary_completed', videoId, summaryId, language, jobId } }
      },
      failed: ({ id: jobId, videoId, subject: language, error }) => ({
        type: 'user_activity',
        payload: { action: 'summary_failed', videoId, code: error?.code, language, jobId },
      }),
    },
  },
}
