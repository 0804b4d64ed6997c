import { first, type Sql } from '../client.ts'

export type RefreshTokenRow = {
  sessionId: string
  userId: string
  expiresAt: string
  usedAt: string | null
  sessionRevokedAt: string | null
}

/** A sign-in; its first refresh token is added by `addRefreshToken`. */
export const createSession = async (
  sql: Sql,
  o: { id: string; userId: string; now: Date; expiresAt: Date },
): Promise<void> => {
  await sql`
    INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at)
    VALUES (${o.id}, ${o.userId}, ${o.now}, ${o.now}, ${o.expiresAt})`
}

/**
 * Stores a token of a session and moves the session's own end to the token's. Adding the same token
 * again changes nothing.
 */
export const addRefreshToken = async (
  sql: Sql,
  o: { tokenHmac: string; sessionId: string; now: Date; expiresAt: Date },
): Promise<void> => {
  await sql`
    WITH token AS (
      INSERT INTO refresh_tokens (token_hmac, session_id, created_at, expires_at)
      VALUES (${o.tokenHmac}, ${o.sessionId}, ${o.now}, ${o.expiresAt})
      ON CONFLICT DO NOTHING
      RETURNING session_id, expires_at
    )
    UPDATE sessions SET last_used_at = ${o.now}, expires_at = token.expires_at FROM token WHERE sessions.id = token.session_id`
}

/**
 * Finds a token and locks it with its session until the end of the transaction, so that two uses
 * come one after the other.
 */
export const lockRefreshToken = async (
  sql: Sql,
  { tokenHmac }: { tokenHmac: string },
): Promise<RefreshTokenRow | undefined> =>
  first(
    await sql<RefreshTokenRow[]>`
      SELECT t.session_id, s.user_id, t.expires_at, t.used_at, s.revoked_at AS session_revoked_at
      FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
      WHERE t.token_hmac = ${tokenHmac}
      FOR UPDATE OF t, s`,
  )

/** Notes the first use of a token; later ones change nothing. */
export const markRefreshTokenUsed = async (
  sql: Sql,
  { tokenHmac, now }: { tokenHmac: string; now: Date },
): Promise<void> => {
  await sql`UPDATE refresh_tokens SET used_at = ${now} WHERE token_hmac = ${tokenHmac} AND used_at IS NULL`
}

/** Ends a session: its refresh tokens and all its access tokens. */
export const revokeSession = async (
  sql: Sql,
  { sessionId, now }: { sessionId: string; now: Date },
): Promise<void> => {
  await sql`UPDATE sessions SET revoked_at = ${now} WHERE id = ${sessionId} AND revoked_at IS NULL`
}

/** False for a session that was revoked, has expired or is gone with its user. */
export const isSessionLive = async (
  sql: Sql,
  { sessionId, now }: { sessionId: string; now: Date },
): Promise<boolean> => {
  const rows =
    await sql`SELECT 1 FROM sessions WHERE id = ${sessionId} AND revoked_at IS NULL AND expires_at > ${now}`
  return rows.length > 0
}

/** How many users have used the hub since then. */
export const countActiveUsers = async (sql: Sql, { since }: { since: Date }): Promise<number> => {
  const [row] = await sql<
    { count: number }[]
  >`SELECT count(DISTINCT user_id) FROM sessions WHERE last_used_at > ${since} AND revoked_at IS NULL`
  return row?.count ?? 0
}

/** Forgets sessions and tickets that ended before then, and used refresh tokens with them. */
export const pruneSessions = async (sql: Sql, { before }: { before: Date }): Promise<void> => {
  await sql`DELETE FROM sessions WHERE expires_at < ${before} OR revoked_at < ${before}`
  await sql`DELETE FROM websocket_tickets WHERE expires_at < ${before}`
}
