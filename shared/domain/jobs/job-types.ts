import type { NewEvent } from '../../contract/events.ts'
import type { JobType } from '../../contract/jobs.ts'
import type { JobEnd, JobRow } from '../../db/repositories/jobs.ts'

type JobTypeRow = {
  /** The event for the owner of a job, by the status in which it ends. */
  emits?: { [status in JobEnd['status']]?: (job: JobRow) => NewEvent }
}

/** The rules of each type of job. A step of a run has no event: the video's events report it. */
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
        return {
          type: 'user_activity',
          payload: { action: 'summary_completed', videoId, summaryId, language, jobId },
        }
      },
      failed: ({ id: jobId, videoId, subject: language, error }) => ({
        type: 'user_activity',
        payload: { action: 'summary_failed', videoId, code: error?.code, language, jobId },
      }),
    },
  },
}
