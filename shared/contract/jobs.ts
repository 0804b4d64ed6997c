import * as z from 'zod'
import { Failure } from './failure.ts'
import { isoTime, uuid } from './fields.ts'

/**
 * The guide's job types in the order of work, and `process-video`, the job that stands for the
 * whole of it.
 */
export const JOB_TYPES = [
  'process-video',
  'download-youtube',
  'extract-metadata',
  'extract-audio',
  'generate-thumbnail',
  'generate-transcript',
  'generate-summary',
] as const
export type JobType = (typeof JOB_TYPES)[number]

export const JOB_STATUSES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

export const Job = z
  .object({
    id: uuid,
    type: z.enum(JOB_TYPES),
    status: z.enum(JOB_STATUSES),
    progress: z.int().min(0).max(100),
    videoId: uuid,
    result: z.unknown().optional(),
    error: Failure.optional(),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'Job' })
