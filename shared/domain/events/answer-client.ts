import * as z from 'zod'
import type { Connections } from '../../aws/connections.ts'
import type { SendFrame } from '../../aws/frame-sender.ts'
import { clientMessages } from '../../contract/events.ts'

export type AnswerDeps = {
  connections: Connections
  sendFrame: SendFrame
  wake: (userId: string) => Promise<void>
}

const ClientMessage = z.discriminatedUnion('type', [clientMessages.ping, clientMessages.resume])

/**
 * Answers one message of a client. After `resume` the relay sends what it missed: only the relay
 * sends events, so their order holds.
 */
export const answerClient = async (
  deps: AnswerDeps,
  { connectionId, text }: { connectionId: string; text: string },
): Promise<void> => {
  const message = ClientMessage.safeParse(parse(text))
  if (!message.success) {
    const reason = 'Send {"type":"ping"} or {"type":"resume","after":<seq>}.'
    await deps.sendFrame(connectionId, {
      type: 'error',
      payload: { code: 'request.invalid', message: reason },
    })
  } else if (message.data.type === 'ping') {
    await deps.sendFrame(connectionId, { type: 'pong' })
  } else {
    const connection = await deps.connections.find(connectionId)
    if (!connection || !(await deps.connections.setLastSeq(connectionId, message.data.after))) return
    await deps.wake(connection.userId)
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
