import { first, type Sql } from '../client.ts'

export type TicketOwner = { userId: string; sessionId: string }

/** Stores a ticket by its hash. */
export const createTicket = async (
  sql: Sql,
  o: TicketOwner & { ticketHash: string; expiresAt: Date },
): Promise<void> => {
  await sql`
    INSERT INTO websocket_tickets (ticket_hash, user_id, session_id, expires_at)
    VALUES (${o.ticketHash}, ${o.userId}, ${o.sessionId}, ${o.expiresAt})`
}

/**
 * Uses a ticket up: of any number of callers exactly one gets its owner, the others and those who
 * come after its time or its session get undefined.
 */
export const takeTicket = async (
  sql: Sql,
  { ticketHash, now }: { ticketHash: string; now: Date },
): Promise<TicketOwner | undefined> =>
  first(
    await sql<TicketOwner[]>`
      UPDATE websocket_tickets SET used_at = ${now}
      WHERE ticket_hash = ${ticketHash} AND used_at IS NULL AND expires_at > ${now}
        AND EXISTS (SELECT 1 FROM sessions s WHERE s.id = session_id AND s.revoked_at IS NULL AND s.expires_at > ${now})
      RETURNING user_id, session_id`,
  )
