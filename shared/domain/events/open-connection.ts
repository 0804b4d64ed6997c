import type { Connections } from '../../aws/connections.ts'
import { WEBSOCKET_TICKET_SECONDS } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import { listEvents } from '../../db/repositories/events.ts'
import { type TicketOwner, takeTicket } from '../../db/repositories/tickets.ts'
import type { Clock } from '../../kernel/clock.ts'
import { isAllowedOrigin } from '../../kernel/origins.ts'
import { hashTicket } from './issue-ticket.ts'

export type OpenDeps = {
  sql: Sql
  connections: Connections
  authenticate: (token: string) => Promise<TicketOwner>
  allowedOrigins: readonly string[]
  now: Clock
}

/**
 * Lets a client in by access token or ticket, from the allowed origins or from no browser at all.
 * It is sent what happens from now on. Throws `auth.…` problems.
 */
export const openConnection = async (
  deps: OpenDeps,
  {
    connectionId,
    token,
    origin,
  }: { connectionId: string; token: string | undefined; origin: string | undefined },
): Promise<void> => {
  if (origin && !isAllowedOrigin(deps.allowedOrigins, origin)) throw problem('auth.origin_refused')
  if (!token) throw problem('auth.token_missing')
  const { userId, sessionId } = await identify(deps, token)
  const { lastSeq } = await listEvents(deps.sql, { userId, after: Number.MAX_SAFE_INTEGER, limit: 1 })
  await deps.connections.add({ connectionId, userId, sessionId, lastSeq, connectedAt: deps.now() })
}

/** A JWT has dots, a ticket has none. */
const identify = async (deps: OpenDeps, token: string): Promise<TicketOwner> => {
  if (token.includes('.')) return deps.authenticate(token)
  const owner = await takeTicket(deps.sql, { ticketHash: hashTicket(token), now: deps.now() })
  if (!owner)
    throw problem('auth.ticket_invalid', {
      detail: `A ticket works once, within ${WEBSOCKET_TICKET_SECONDS} seconds. Ask for a new one.`,
    })
  return owner
}
