import * as z from 'zod'
import { clientMessages, events, serverReplies } from '../../shared/contract/events.ts'

const jsonSchema = (schema: z.ZodType) => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

const message = (name: string, schema: z.ZodType, summary: string) =>
  [name, { name, summary, contentType: 'application/json', payload: jsonSchema(schema) }] as const

const pushed = Object.entries(events).map(([type, payload]) =>
  message(
    type,
    z.object({ type: z.literal(type), payload, seq: z.int().positive(), at: z.iso.datetime() }),
    'Pushed in the order of `seq`, which counts up by one per user; a client keeps the highest and drops what it has seen.',
  ),
)
const replies = Object.entries(serverReplies).map(([type, schema]) =>
  message(type, schema, 'Answers a message of the client.'),
)
const received = Object.entries(clientMessages).map(([type, schema]) =>
  message(type, schema, 'Sent by the client.'),
)

/** AsyncAPI 3.0 of the WebSocket, from the event tables. */
export const renderAsyncApi = () => ({
  asyncapi: '3.0.0',
  info: {
    title: 'AI Video Hub, real time',
    version: '0.1.0',
    description: 'Connect to `/ws?token=<access token or ticket>`. See websocket.md.',
  },
  channels: {
    ws: {
      address: '/ws',
      messages: Object.fromEntries(
        [...pushed, ...replies, ...received].map(([name]) => [
          name,
          { $ref: `#/components/messages/${name}` },
        ]),
      ),
      bindings: {
        ws: {
          method: 'GET',
          query: { type: 'object', required: ['token'], properties: { token: { type: 'string' } } },
        },
      },
    },
  },
  operations: {
    push: {
      action: 'send',
      channel: { $ref: '#/channels/ws' },
      messages: [...pushed, ...replies].map(([name]) => ({ $ref: `#/channels/ws/messages/${name}` })),
    },
    listen: {
      action: 'receive',
      channel: { $ref: '#/channels/ws' },
      messages: received.map(([name]) => ({ $ref: `#/channels/ws/messages/${name}` })),
    },
  },
  components: { messages: Object.fromEntries([...pushed, ...replies, ...received]) },
})
