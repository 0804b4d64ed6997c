import * as z from 'zod'
import { isoTime, uuid } from './route.ts'

/** The guide's job types in the order of work, and `process-video`, the job that stands for the whole of it. */
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

/** The reason why something failed, as a client sees it. */
export const Failure = z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }).meta({ id: 'Failure' })
export type Failure = z.infer<typeof Failure>

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

/** What S3 writes: events about objects, or the one `s3:TestEvent` that has no records. Keys come URL-encoded, a space as a plus. */
const ObjectEvents = z.looseObject({
  Records: z.array(z.looseObject({ eventName: z.string(), s3: z.looseObject({ object: z.looseObject({ key: z.string() }) }) })).optional(),
})

/** The SQS queues of the product: who consumes them and what one message holds. S3 writes to `ingest` itself. */
export const queues = {
  ingest: { function: 'ingest', fifo: false, message: ObjectEvents, summary: 'S3 object-created events' },
  events: { function: 'worker-relay', fifo: true, message: z.object({ userId: uuid }), summary: 'A user has new events to push' },
  summaries: {
    function: 'worker-summarise',
    fifo: false,
    message: z.object({ jobId: uuid, videoId: uuid, userId: uuid, language: z.string() }),
    summary: 'A summary was asked for (ai processing)',
  },
  cleanup: {
    function: 'worker-cleanup',
    fifo: false,
    message: z.object({
      keys: z.array(z.string()),
      prefixes: z.array(z.string()),
      keepPrefix: z.string().optional(),
      onlyIfGone: uuid.optional().meta({ description: 'Do it only when this video no longer exists' }),
    }),
    summary: 'Objects that nothing refers to any more',
  },
} as const

export type QueueName = keyof typeof queues
export type MessageOf<Q extends QueueName> = z.infer<(typeof queues)[Q]['message']>
