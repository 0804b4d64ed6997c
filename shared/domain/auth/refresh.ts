import type { SessionState } from '../../cache/session-state.ts'
import { problem } from '../../contract/problems.ts'
import type { Database } from '../../db/client.ts'
import {
  addRefreshToken,
  lockRefreshToken,
  markRefreshTokenUsed,
  revokeSession,
} from '../../db/repositories/sessions.ts'
import { findUser } from '../../db/repositories/users.ts'
import { addSeconds } from '../../kernel/clock.ts'
import { answerWithTokens, type SignedIn, type TokenDeps } from './open-session.ts'
import { storedNameOf, successorOf } from './tokens.ts'

export type RefreshDeps = TokenDeps & { sql: Database; sessionState: Pick<SessionState, 'end'> }

/**
 * Two tabs, or an answer that was lost on the way, use the same token twice in a row: that is no
 * theft.
 */
const GRACE_MS = 30_000

type Outcome =
  | { kind: 'invalid' }
  | { kind: 'reused'; sessionId: string }
  | { kind: 'rotated'; sessionId: string; userId: string }

/**
 * Exchanges a refresh token for its successor. Throws `auth.refresh_invalid`, and
 * `auth.refresh_reused` after it has ended the session of a token used twice.
 */
export const refresh = async (
  deps: RefreshDeps,
  { refreshToken }: { refreshToken: string },
): Promise<SignedIn> => {
  const successor = successorOf(deps.settings, refreshToken)
  const outcome = await rotate(deps, refreshToken, successor)
  if (outcome.kind === 'invalid') throw problem('auth.refresh_invalid')
  if (outcome.kind === 'reused') {
    await deps.sessionState.end(outcome.sessionId)
    throw problem('auth.refresh_reused')
  }
  const user = await findUser(deps.sql, { userId: outcome.userId })
  if (!user) throw problem('auth.refresh_invalid')
  return answerWithTokens(deps, { user, sessionId: outcome.sessionId, refreshToken: successor })
}

const rotate = (deps: RefreshDeps, refreshToken: string, successor: string): Promise<Outcome> => {
  const { sql, settings } = deps
  const now = deps.now()
  const tokenHmac = storedNameOf(settings, refreshToken)
  return sql.begin(async (tx): Promise<Outcome> => {
    const token = await lockRefreshToken(tx, { tokenHmac })
    if (!token || token.sessionRevokedAt) return { kind: 'invalid' }
    const { sessionId, userId } = token
    // Before the expiry: whoever stole a token long ago may still be using its successors.
    if (token.usedAt && now.getTime() - Date.parse(token.usedAt) > GRACE_MS) {
      await revokeSession(tx, { sessionId, now })
      return { kind: 'reused', sessionId }
    }
    if (Date.parse(token.expiresAt) <= now.getTime()) return { kind: 'invalid' }
    if (!token.usedAt) {
      await markRefreshTokenUsed(tx, { tokenHmac, now })
      const expiresAt = addSeconds(now, settings.refreshSeconds)
      await addRefreshToken(tx, { tokenHmac: storedNameOf(settings, successor), sessionId, now, expiresAt })
    }
    return { kind: 'rotated', sessionId, userId }
  }) as Promise<Outcome>
}
