import { readConfig, SIGNED_IN_KEYS } from '../../shared/config/config.ts'
import { authRoutes } from '../../shared/contract/auth.ts'
import { systemClock } from '../../shared/kernel/clock.ts'
import { createId, createSecret } from '../../shared/kernel/ids.ts'
import { createApi } from '../../shared/lambda/http/create-api.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectSignedIn } from '../compose/signed-in.ts'
import { createAuthApp } from './app.ts'

const config = readConfig(process.env, [...SIGNED_IN_KEYS, 'JWT_REFRESH_EXPIRES_IN'])
const log = createLogger('auth')
const { sql, authSecrets, sessionState, authenticate } = await connectSignedIn(config, log)
const settings = {
  ...authSecrets,
  accessSeconds: config.JWT_EXPIRES_IN,
  refreshSeconds: config.JWT_REFRESH_EXPIRES_IN,
}
const deps = { sql, sessionState, settings, now: systemClock, createId, createSecret }

export const handler = createApi({
  routes: authRoutes,
  implementations: createAuthApp(deps),
  authenticate,
  allowedOrigins: config.FRONTEND_URL,
  log,
})
