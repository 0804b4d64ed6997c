import type { AuthDeps } from '../../functions/auth/app.ts'
import { type Cache, createCache } from '../../shared/cache/client.ts'
import { createSessionState } from '../../shared/cache/session-state.ts'
import type { Database } from '../../shared/db/client.ts'
import * as sessions from '../../shared/db/repositories/sessions.ts'
import { createAuthenticate } from '../../shared/domain/auth/authenticate.ts'
import { createId, createSecret } from '../../shared/kernel/ids.ts'

/**
 * Accounts over a real database, with a clock that the test moves. Without a cache: the degraded
 * mode.
 */
export const createTestAuth = (sql: Database, cache: Cache = createCache({ url: '' })) => {
  let time = Date.now()
  const now = () => new Date(time)
  const settings = {
    jwtSecret: 'jwt-secret-of-the-tests',
    refreshSecret: 'refresh-secret-of-the-tests',
    accessSeconds: 3600,
    refreshSeconds: 7 * 86_400,
  }
  const find = (sessionId: string) => sessions.isSessionLive(sql, { sessionId, now: now() })
  const sessionState = createSessionState({ cache, find, tokenSeconds: settings.accessSeconds })
  const deps: AuthDeps = { sql, sessionState, settings, now, createId, createSecret }
  const authenticate = createAuthenticate({ jwtSecret: settings.jwtSecret, sessionState, now })
  const passTime = (ms: number) => {
    time += ms
  }
  return { deps, authenticate, settings, now, passTime }
}
