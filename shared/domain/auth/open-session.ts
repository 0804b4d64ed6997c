import type * as z from 'zod'
import type { AuthResponse } from '../../contract/auth.ts'
import type { Database } from '../../db/client.ts'
import { addRefreshToken, createSession } from '../../db/repositories/sessions.ts'
import { addSeconds, type Clock } from '../../kernel/clock.ts'
import type { CreateId } from '../../kernel/ids.ts'
import { signAccessToken, storedNameOf, type TokenSettings } from './tokens.ts'

export type SignedIn = z.infer<typeof AuthResponse>
type User = SignedIn['user']

export type TokenDeps = { settings: TokenSettings; now: Clock; createId: CreateId }

export type OpenSessionDeps = TokenDeps & {
  sql: Database
  /** Returns a new refresh token: 256 random bits. */
  createSecret: () => string
}

/** An access token of the session, with the user as the row says now. */
export const answerWithTokens = async (
  { settings, now, createId }: TokenDeps,
  { user, sessionId, refreshToken }: { user: User; sessionId: string; refreshToken: string },
): Promise<SignedIn> => {
  const { id: userId, email, subscriptionType } = user
  const token = await signAccessToken(settings, {
    user: { userId, email, subscriptionType },
    sessionId,
    tokenId: createId(),
    now: now(),
  })
  return { user, token, refreshToken }
}

/** Starts a session with its first pair of tokens. */
export const openSession = async (deps: OpenSessionDeps, user: User): Promise<SignedIn> => {
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
