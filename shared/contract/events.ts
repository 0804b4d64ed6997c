import * as z from 'zod'
import { Failure } from './failure.ts'
import { isoTime, uuid } from './fields.ts'

const progressStatus = z.enum(['processing', 'completed', 'error'])

const aboutSummary = { videoId: uuid, language: z.string().nullable(), jobId: uuid }

/** Changes to show on the user's other pages, by `action`. */
const userActivity = z.discriminatedUnion('action', [
  z.object({ action: z.literal('video_updated'), videoId: uuid }),
  z.object({ action: z.literal('video_deleted'), videoId: uuid }),
  z.object({ action: z.literal('summary_completed'), summaryId: uuid, ...aboutSummary }),
  z.object({ action: z.literal('summary_failed'), code: z.string().optional(), ...aboutSummary }),
])

/** The messages that the hub pushes over the WebSocket, by `type`; the payloads are the guide's. */
export const events = {
  video_processing: z.object({
    videoId: uuid,
    status: progressStatus,
    progress: z.number(),
    message: z.string().optional(),
    stage: z.string().optional(),
    error: z.object(Failure.shape).optional().meta({ description: 'With the status error' }),
  }),
  ai_narration: z.object({
    videoId: uuid,
    narrationId: uuid,
    status: progressStatus,
    progress: z.number(),
    audioUrl: z.string().optional(),
  }),
  chat_message: z.object({
    messageId: uuid,
    videoId: uuid.optional(),
    userId: uuid,
    content: z.string(),
    timestamp: isoTime,
  }),
  user_activity: userActivity,
} as const

export type EventType = keyof typeof events
export type EventPayload<T extends EventType = EventType> = z.infer<(typeof events)[T]>
export type NewEvent = { [T in EventType]: { type: T; payload: EventPayload<T> } }[EventType]

const envelope = { seq: z.int().positive(), at: isoTime }

const eventOf = <T extends EventType>(type: T) =>
  z.object({ type: z.literal(type), payload: events[type], ...envelope })
type EventSchema = { [T in EventType]: ReturnType<typeof eventOf<T>> }[EventType]

/**
 * One event as it is stored, replayed and pushed. `seq` counts up by one per user, without gaps.
 */
export const UserEvent = z
  .discriminatedUnion(
    'type',
    (Object.keys(events) as EventType[]).map(eventOf) as unknown as [EventSchema, ...EventSchema[]],
  )
  .meta({ id: 'UserEvent' })

/** The messages that a client may send. */
export const clientMessages = {
  ping: z.object({ type: z.literal('ping') }),
  resume: z.object({ type: z.literal('resume'), after: z.int().min(0) }),
} as const

/** The replies to a client's message; they carry no `seq`. */
export const serverReplies = {
  pong: z.object({ type: z.literal('pong') }),
  error: z.object({ type: z.literal('error'), payload: z.object({ code: z.string(), message: z.string() }) }),
} as const
