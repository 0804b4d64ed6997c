import type { NewEvent } from '../../contract/events.ts'
import { first, type Sql } from '../client.ts'

export type UserEventRow = NewEvent & { seq: number; at: string }

/**
 * Adds the next event of a user. The counter's row stays locked until the transaction ends, so
 * events become visible in the order of their numbers, without gaps. Undefined when there is no
 * such user any more.
 */
export const appendEvent = async (
  sql: Sql,
  { userId, event }: { userId: string; event: NewEvent },
): Promise<number | undefined> => {
  const rows = await sql<{ seq: number }[]>`
    WITH owner AS (UPDATE users SET event_seq = event_seq + 1 WHERE id = ${userId} RETURNING id, event_seq)
    INSERT INTO user_events (user_id, seq, type, payload, created_at)
    SELECT id, event_seq, ${event.type}, ${sql.json(event.payload as never)}, clock_timestamp() FROM owner
    RETURNING seq`
  return first(rows)?.seq
}

/** Events after a number, in order; `lastSeq` is the newest number there is. */
export const listEvents = async (
  sql: Sql,
  { userId, after, limit }: { userId: string; after: number; limit: number },
): Promise<{ events: UserEventRow[]; lastSeq: number }> => {
  const events = await sql<UserEventRow[]>`
    SELECT seq, type, payload, created_at AS at FROM user_events WHERE user_id = ${userId} AND seq > ${after} ORDER BY seq LIMIT ${limit}`
  const [user] = await sql<{ eventSeq: number }[]>`SELECT event_seq FROM users WHERE id = ${userId}`
  return { events: [...events], lastSeq: Math.max(user?.eventSeq ?? 0, events.at(-1)?.seq ?? 0) }
}

/**
 * Users with events since then and the number of their newest: whom to wake again, in case a wake
 * was lost. First come those whose newest event is the oldest: no later one has woken them, and
 * soon nobody looks back that far.
 */
export const listUsersWithEvents = async (
  sql: Sql,
  { since, limit }: { since: Date; limit: number },
): Promise<{ userId: string; seq: number }[]> => [
  ...(await sql<{ userId: string; seq: number }[]>`
    SELECT user_id, max(seq) AS seq FROM user_events WHERE created_at > ${since} GROUP BY user_id ORDER BY max(created_at), user_id LIMIT ${limit}`),
]

/** Forgets events older than `before` and returns how many there were. */
export const pruneEvents = async (sql: Sql, { before }: { before: Date }): Promise<number> =>
  (await sql`DELETE FROM user_events WHERE created_at < ${before}`).count
