import { createHash } from 'node:crypto'
import { WEBSOCKET_TICKET_SECONDS } from '../../contract/limits.ts'
import type { Sql } from '../../db/client.ts'
import { createTicket, type TicketOwner } from '../../db/repositories/tickets.ts'
import { addSeconds, type Clock } from '../../kernel/clock.ts'

export type TicketDeps = { sql: Sql; now: Clock; createSecret: () => string }

/** Under which name a ticket is stored. 256 random bits need no salt. */
export const hashTicket = (ticket: string): string => createHash('sha256').update(ticket).digest('base64url')

/** A ticket for one connection; only its hash is stored. */
export const issueTicket = async (
  { sql, now, createSecret }: TicketDeps,
  { userId, sessionId }: TicketOwner,
): Promise<{ ticket: string; expiresAt: string }> => {
  const ticket = createSecret()
  const expiresAt = addSeconds(now(), WEBSOCKET_TICKET_SECONDS)
  await createTicket(sql, { ticketHash: hashTicket(ticket), userId, sessionId, expiresAt })
  return { ticket, expiresAt: expiresAt.toISOString() }
}
