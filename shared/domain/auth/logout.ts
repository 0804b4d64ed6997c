import type { SessionState } from '../../cache/session-state.ts'
import type { Sql } from '../../db/client.ts'
import { revokeSession } from '../../db/repositories/sessions.ts'
import type { Clock } from '../../kernel/clock.ts'

export type LogoutDeps = { sql: Sql; sessionState: Pick<SessionState, 'end'>; now: Clock }

/**
 * Ends the session: its refresh tokens and every access token that it was given stop working at
 * once.
 */
export const logout = async (
  { sql, sessionState, now }: LogoutDeps,
  { sessionId }: { sessionId: string },
): Promise<void> => {
  await revokeSession(sql, { sessionId, now: now() })
  await sessionState.end(sessionId)
}
