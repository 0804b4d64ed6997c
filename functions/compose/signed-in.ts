import { createSecretReader } from '../../shared/aws/secrets.ts'
import { createCache, redisUrl } from '../../shared/cache/client.ts'
import { createSessionState } from '../../shared/cache/session-state.ts'
import { readAuthSecrets } from '../../shared/config/auth-secrets.ts'
import type { Config, SIGNED_IN_KEYS } from '../../shared/config/config.ts'
import { connectDatabase } from '../../shared/db/connect.ts'
import { isSessionLive } from '../../shared/db/repositories/sessions.ts'
import { createAuthenticate } from '../../shared/domain/auth/authenticate.ts'
import { systemClock } from '../../shared/kernel/clock.ts'
import type { Logger } from '../../shared/observability/logger.ts'

/** Connects all that a function with signed-in users needs. */
export const connectSignedIn = async (config: Pick<Config, (typeof SIGNED_IN_KEYS)[number]>, log: Logger) => {
  const readSecret = createSecretReader(config)
  const [sql, authSecrets] = await Promise.all([
    connectDatabase(config, readSecret),
    readAuthSecrets(config, readSecret),
  ])
  const cache = createCache({ url: redisUrl(config), onError: error => log.warn('Redis is away', { error }) })
  const sessionState = createSessionState({
    cache,
    find: sessionId => isSessionLive(sql, { sessionId, now: systemClock() }),
    tokenSeconds: config.JWT_EXPIRES_IN,
  })
  const authenticate = createAuthenticate({
    jwtSecret: authSecrets.jwtSecret,
    sessionState,
    now: systemClock,
  })
  return { sql, readSecret, authSecrets, cache, sessionState, authenticate }
}
