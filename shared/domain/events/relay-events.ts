import type { SendFrame } from '../../aws/connection-sender.ts'
import type { Connection, Connections } from '../../aws/connections.ts'
import type { Sql } from '../../db/client.ts'
import type * as Events from '../../db/repositories/events.ts'
import type { Clock } from '../../kernel/clock.ts'

export type RelayDeps = { sql: Sql; events: typeof Events; connections: Connections; sendFrame: SendFrame; clock: Clock }

const PAGE = 100
/** While $connect still runs, the gateway answers for a connection as if it were gone. */
const SETTLING_MS = 10_000

/** Sends a user's connections what they have not had yet, each in the order of `seq`. Called for one user at a time, so nothing is doubled or overtaken. */
export const relayEvents = async (deps: RelayDeps, { userId }: { userId: string }): Promise<void> => {
  const ids = await deps.connections.listOf(userId)
  await Promise.all(ids.map(id => relayTo(deps, id)))
}

const relayTo = async (deps: RelayDeps, connectionId: string): Promise<void> => {
  const connection = await deps.connections.find(connectionId)
  if (!connection) return
  let { lastSeq } = connection
  for (;;) {
    const { events } = await deps.events.listEvents(deps.sql, { userId: connection.userId, after: lastSeq, limit: PAGE })
    for (const event of events) {
      if (!(await deps.sendFrame(connectionId, event))) return forget(deps, connection)
      lastSeq = event.seq
    }
    if (events.length > 0) await deps.connections.setLastSeq(connectionId, lastSeq)
    if (events.length < PAGE) return
  }
}

const forget = async ({ connections, clock }: RelayDeps, { connectionId, connectedAt }: Connection): Promise<void> => {
  if (clock().getTime() - connectedAt.getTime() < SETTLING_MS) throw new Error(`connection ${connectionId} is not open yet`)
  await connections.remove(connectionId)
}
