import type * as z from 'zod'
import type { AuthResponse } from '../../contract/auth.ts'
import { addRefreshToken, createSession } from '../../db/repositories/sessions.ts'
import { addSeconds } from '../../kernel/clock.ts'
import type { AuthDeps } from './auth-deps.ts'
import { signAccessToken, storedNameOf } from './tokens.ts'

export type SignedIn = z.infer<typeof AuthResponse>
type User = SignedIn['user']

/** An access token of the session, with the user as the row says now. */
export const answerWithTokens = async (
  { settings, now, createId }: AuthDeps,
  { user, sessionId, refreshToken }: { user: User; sessionId: string; refreshToken: string },
): Promise<SignedIn> => {
  const { id: userId, email, subscriptionType } = user
  const token = await signAccessToken(settings, { user: { userId, email, subscriptionType }, sessionId, tokenId: createId(), now: now() })
  return { user, token, refreshToken }
}

/** Starts a session with its first pair of tokens. */
export const openSession = async (deps: AuthDeps, user: User): Promise<SignedIn> => {
  const { sql, settings, createId, createSecret } = deps
  const now = deps.now()
  const expiresAt = addSeconds(now, settings.refreshSeconds)
  const sessionId = createId()
  const refreshToken = createSecret()
  await sql.begin(async tx => {
    await createSession(tx, { id: sessionId, userId: user.id, now, expiresAt })
    await addRefreshToken(tx, { tokenHmac: storedNameOf(settings, refreshToken), sessionId, now, expiresAt })
  })
  return answerWithTokens(deps, { user, sessionId, refreshToken })
}
