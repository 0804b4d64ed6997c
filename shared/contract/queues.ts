import * as z from 'zod'
import { uuid } from './fields.ts'
import { MediaProgress } from './media-report.ts'

/**
 * The messages of S3: events about objects, or the one `s3:TestEvent` that has no records. Keys
 * come URL-encoded, a space as a plus.
 */
const ObjectEvents = z.looseObject({
  Records: z
    .array(
      z.looseObject({
        eventName: z.string(),
        s3: z.looseObject({ object: z.looseObject({ key: z.string() }) }),
      }),
    )
    .optional(),
})

/**
 * The SQS queues of the product: who consumes them and what one message holds. S3 writes to
 * `ingest` itself.
 */
export const queues = {
  ingest: { function: 'ingest', fifo: false, message: ObjectEvents, summary: 'S3 object-created events' },
  events: {
    function: 'worker-relay',
    fifo: true,
    message: z.object({ userId: uuid }),
    summary: 'A user has new events to push',
  },
  summaries: {
    function: 'worker-summarise',
    fifo: false,
    message: z.object({ jobId: uuid, videoId: uuid, userId: uuid, language: z.string() }),
    summary: 'A summary was asked for (ai processing)',
  },
  'media-progress': {
    function: 'worker-progress',
    fifo: false,
    message: MediaProgress,
    summary: 'The media task has come further',
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
