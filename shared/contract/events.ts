import * as z from 'zod'
import { isoTime, uuid } from './fields.ts'

const progressStatus = z.enum(['processing', 'completed', 'error'])

/** The messages that the hub pushes over the WebSocket, by `type`; the payloads are the guide's. */
export const events = {
  video_processing: z.object({
    videoId: uuid,
    status: progressStatus,
    progress: z.number(),
    message: z.string().optional(),
    stage: z.string().optional(),
  }),
  ai_narration: z.object({
    videoId: uuid,
    narrationId: uuid,
    status: progressStatus,
    progress: z.number(),
    audioUrl: z.string().optional(),
  }),
  chat_message: z.object({ messageId: uuid, videoId: uuid.optional(), userId: uuid, content: z.string(), timestamp: isoTime }),
  user_activity: z.record(z.string(), z.unknown()),
} as const

export type EventType = keyof typeof events
export type EventPayload<T extends EventType = EventType> = z.infer<(typeof events)[T]>
export type NewEvent = { [T in EventType]: { type: T; payload: EventPayload<T> } }[EventType]

const envelope = { seq: z.int().positive(), at: isoTime }

/** One event as it is stored, replayed and pushed. `seq` counts up by one per user, without gaps. */
export const UserEvent = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('video_processing'), payload: events.video_processing, ...envelope }),
    z.object({ type: z.literal('ai_narration'), payload: events.ai_narration, ...envelope }),
    z.object({ type: z.literal('chat_message'), payload: events.chat_message, ...envelope }),
    z.object({ type: z.literal('user_activity'), payload: events.user_activity, ...envelope }),
  ])
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
