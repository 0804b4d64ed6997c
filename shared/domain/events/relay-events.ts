import type { Connection, Connections } from '../../aws/connections.ts'
import type { SendFrame } from '../../aws/frame-sender.ts'
import type { Sql } from '../../db/client.ts'
import { listEvents } from '../../db/repositories/events.ts'
import { isSessionLive } from '../../db/repositories/sessions.ts'
import type { Clock } from '../../kernel/clock.ts'

export type RelayDeps = {
  sql: Sql
  connections: Connections
  sendFrame: SendFrame
  /** Has the relay called once more for a user. */
  wake: (userId: string) => Promise<void>
  now: Clock
  sleep: (ms: number) => Promise<unknown>
}

const PAGE = 100
/**
 * The time of one turn. A connection with more events waits for another turn, so that others are
 * served, and no turn times out.
 */
const TURN_MS = 1000
/** While $connect still runs, the gateway answers for a connection as if it were gone. */
const SETTLING_MS = 10_000
/** Longer than $connect takes after it has entered the connection. */
const RETRY_MS = [100, 200, 400]

/**
 * Sends a user's connections what they have not had yet, each in the order of `seq`. Called for one
 * user at a time, so nothing is doubled or overtaken.
 */
export const relayEvents = async (deps: RelayDeps, { userId }: { userId: string }): Promise<void> => {
  const until = deps.now().getTime() + TURN_MS
  const ids = await deps.connections.listOf(userId)
  const results = await Promise.allSettled(ids.map(id => relayTo(deps, id, until)))
  for (const result of results) if (result.status === 'rejected') throw result.reason
  if (results.some(result => result.status === 'fulfilled' && result.value === 'more'))
    await deps.wake(userId)
}

const relayTo = async (deps: RelayDeps, connectionId: string, until: number): Promise<'done' | 'more'> => {
  for (;;) {
    const connection = await deps.connections.find(connectionId)
    if (!connection) return 'done'
    const { userId, sessionId, lastSeq: from } = connection
    // A signed-out session gets no further events on any connection.
    if (!(await isSessionLive(deps.sql, { sessionId, now: deps.now() }))) {
      await deps.connections.remove(connectionId)
      return 'done'
    }
    const { events } = await listEvents(deps.sql, { userId, after: from, limit: PAGE })
    let to = from
    let isOpen = true
    try {
      for (const event of events) {
        isOpen = await sendPatiently(deps, connection, event)
        if (!isOpen) break
        to = event.seq
      }
    } finally {
      if (to > from) await deps.connections.advance(connectionId, { from, to })
    }
    // Round after round until nothing is left: the client may have asked for older events
    // meanwhile.
    if (!isOpen || events.length === 0) return 'done'
    if (deps.now().getTime() >= until) return 'more'
  }
}

/**
 * False when the connection is gone, and forgotten unless it may still open: then the next wake has
 * the event for it. Its user's other connections never wait for it.
 */
const sendPatiently = async (
  deps: RelayDeps,
  { connectionId, connectedAt }: Connection,
  event: unknown,
): Promise<boolean> => {
  const isSettling = () => deps.now().getTime() - connectedAt.getTime() < SETTLING_MS
  if (await deps.sendFrame(connectionId, event)) return true
  for (const ms of isSettling() ? RETRY_MS : []) {
    await deps.sleep(ms)
    if (!(await deps.connections.find(connectionId))) return false
    if (await deps.sendFrame(connectionId, event)) return true
  }
  if (!isSettling()) await deps.connections.remove(connectionId)
  return false
}
