import type { SessionState } from '../../cache/session-state.ts'
import type { AuthenticatedUser } from '../../contract/auth.ts'
import { problem } from '../../contract/problems.ts'
import type { Clock } from '../../kernel/clock.ts'
import { verifyAccessToken } from './tokens.ts'

export type Authenticate = (token: string) => Promise<AuthenticatedUser>

/**
 * Resolves an access token to its user. Throws `auth.token_expired`, and `auth.token_invalid` also
 * when its session has ended.
 */
export const createAuthenticate =
  (o: { jwtSecret: string; sessionState: Pick<SessionState, 'isLive'>; now: Clock }): Authenticate =>
  async token => {
    const user = await verifyAccessToken(o.jwtSecret, { token, now: o.now() })
    if (!(await o.sessionState.isLive(user.sessionId))) throw problem('auth.token_invalid')
    return user
  }
