import type * as z from 'zod'
import type { Job } from '../../contract/jobs.ts'
import type { JobRow } from '../../db/repositories/jobs.ts'

/** Returns a job as clients see it. `result` and `error` are absent while there is none. */
export const presentJob = (row: JobRow): z.input<typeof Job> => ({
  id: row.id,
  type: row.type,
  status: row.status,
  progress: row.progress,
  videoId: row.videoId,
  ...(row.result !== null && { result: row.result }),
  ...(row.error && { error: row.error }),
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
})
