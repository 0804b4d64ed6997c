import { createS3Client } from '../../shared/aws/s3-client.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import { readConfig, SIGNED_IN_KEYS } from '../../shared/config/config.ts'
import { systemRoutes } from '../../shared/contract/system.ts'
import { systemClock as now } from '../../shared/kernel/clock.ts'
import { createSecret } from '../../shared/kernel/ids.ts'
import { createApi } from '../../shared/lambda/http/create-api.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { createLanguageModelCheck } from '../../shared/providers/language-model/is-up.ts'
import { connectSignedIn } from '../compose/signed-in.ts'
import { createSystemApp } from './app.ts'
import { createPages } from './pages.ts'
import { processUsage } from './process-usage.ts'

const config = readConfig(process.env, [
  ...SIGNED_IN_KEYS,
  'AWS_S3_BUCKET',
  'OPENAI_SECRET_ARN',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
])
const log = createLogger('system')
const { sql, cache, authenticate, readSecret } = await connectSignedIn(config, log)
const storage = createStorage({ client: createS3Client(), bucket: config.AWS_S3_BUCKET })
const apiKey = async () => config.OPENAI_API_KEY ?? readSecret(config.OPENAI_SECRET_ARN ?? '')
const isLanguageModelUp = createLanguageModelCheck({
  apiKey,
  ...(config.OPENAI_BASE_URL && { baseUrl: config.OPENAI_BASE_URL }),
})
const isStorageUp = () => storage.touch('users/').then(() => true)
const checks = {
  isCacheUp: cache.isUp,
  isStorageUp,
  isLanguageModelUp,
  processUsage,
  tokenSeconds: config.JWT_EXPIRES_IN,
}
const deps = { sql, ...checks, now, createSecret, pages: createPages(import.meta.dirname) }

export const handler = createApi({
  routes: systemRoutes,
  implementations: createSystemApp(deps),
  authenticate,
  allowedOrigins: config.FRONTEND_URL,
  log,
})
