import type * as z from 'zod'
import type { AuthResponse } from '../../contract/auth.ts'
import { addSeconds } from '../../kernel/clock.ts'
import type { AuthContext } from './auth-context.ts'
import { signAccessToken, storedNameOf } from './tokens.ts'

export type SignedIn = z.infer<typeof AuthResponse>
type User = SignedIn['user']

/** An access token of the session, with the user as the row says now. */
export const answerWithTokens = async (
  { settings, now, createId }: AuthContext,
  { user, sessionId, refreshToken }: { user: User; sessionId: string; refreshToken: string },
): Promise<SignedIn> => {
  const { id: userId, email, subscriptionType } = user
  const token = await signAccessToken(settings, { user: { userId, email, subscriptionType }, sessionId, tokenId: createId(), now: now() })
  return { user, token, refreshToken }
}

/** Starts a session with its first pair of tokens. */
export const openSession = async (context: AuthContext, user: User): Promise<SignedIn> => {
  const { database, sessions, settings, createId, createSecret } = context
  const now = context.now()
  const expiresAt = addSeconds(now, settings.refreshSeconds)
  const sessionId = createId()
  const refreshToken = createSecret()
  await database.begin(async sql => {
    await sessions.createSession(sql, { id: sessionId, userId: user.id, now, expiresAt })
    await sessions.addRefreshToken(sql, { tokenHmac: storedNameOf(settings, refreshToken), sessionId, now, expiresAt })
  })
  return answerWithTokens(context, { user, sessionId, refreshToken })
}
