import type { AuthContext } from './auth-context.ts'

/** Ends the session: its refresh tokens and every access token that it was given stop working at once. */
export const logout = async (
  { database, sessions, sessionState, now }: AuthContext,
  { sessionId }: { sessionId: string },
): Promise<void> => {
  await sessions.revokeSession(database, { sessionId, now: now() })
  await sessionState.end(sessionId)
}
