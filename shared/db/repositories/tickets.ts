import { first, type Sql } from '../client.ts'

export const createTicket = async (sql: Sql, o: { ticketHash: string; userId: string; expiresAt: Date }): Promise<void> => {
  await sql`INSERT INTO websocket_tickets (ticket_hash, user_id, expires_at) VALUES (${o.ticketHash}, ${o.userId}, ${o.expiresAt})`
}

/** Uses a ticket up: of any number of callers exactly one gets its user, the others and those who come too late get undefined. */
export const takeTicket = async (
  sql: Sql,
  { ticketHash, now }: { ticketHash: string; now: Date },
): Promise<{ userId: string } | undefined> =>
  first(
    await sql<{ userId: string }[]>`
      UPDATE websocket_tickets SET used_at = ${now}
      WHERE ticket_hash = ${ticketHash} AND used_at IS NULL AND expires_at > ${now}
      RETURNING user_id`,
  )
