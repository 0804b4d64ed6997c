import { revokeSession } from '../../db/repositories/sessions.ts'
import type { AuthDeps } from './auth-deps.ts'

/** Ends the session: its refresh tokens and every access token that it was given stop working at once. */
export const logout = async ({ sql, sessionState, now }: AuthDeps, { sessionId }: { sessionId: string }): Promise<void> => {
  await revokeSession(sql, { sessionId, now: now() })
  await sessionState.end(sessionId)
}
