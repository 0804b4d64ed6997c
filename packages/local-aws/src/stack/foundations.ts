import { join } from 'node:path'
import type { Cloud } from '../deploy/cloud.ts'
import { startOpenAi } from '../engines/openai/openai.ts'
import { startPostgres } from '../engines/postgres.ts'
import { startRedis } from '../engines/redis.ts'
import type { RoleKeyring } from '../iam/credentials.ts'
import type { Logs } from '../machine/logs.ts'
import { rememberedPorts } from '../machine/ports.ts'
import type { OpenScope } from '../machine/scope.ts'
import { startDynamoDb } from '../services/dynamodb/server.ts'
import { startMediaConvert } from '../services/mediaconvert/server.ts'
import { startS3 } from '../services/s3/server.ts'
import { startSecrets } from '../services/secrets-manager/server.ts'
import { startSqs } from '../services/sqs/server.ts'
import { findEngine } from '../services/transcribe/engine.ts'
import { startTranscribe } from '../services/transcribe/server.ts'
import type { Endpoints, Environment } from './environment.ts'

/** A service, and the program that emulates it on this machine. */
export type Emulated = { service: string; by: string }

type Context = {
  stateDir: string
  region: string
  account: string
  /** The name of the embedded Postgres' database. */
  database: string
  keyring: RoleKeyring
  environment: Environment
  logs: Logs
  scope: OpenScope
  /** Addresses are entered here. */
  endpoints: Endpoints
}

const portNames = [
  ...(['postgres', 'redis', 's3', 'sqs', 'dynamodb', 'secrets', 'states'] as const),
  ...(['transcribe', 'mediaconvert', 'openai'] as const),
]
type Ports = Record<(typeof portNames)[number], number>

const startDatabase = async ({ stateDir, database, environment, logs, scope, endpoints }: Context, ports: Ports): Promise<Emulated> => {
  const service = 'RDS PostgreSQL'
  if (environment.DATABASE_URL) {
    endpoints.databaseUrl = environment.DATABASE_URL
    return { service, by: 'DATABASE_URL, set by you' }
  }
  const log = (line: string) => logs.write('postgres', line)
  const options = { dataDir: join(stateDir, 'postgres'), database, port: ports.postgres, durable: environment.NODE_ENV !== 'test', log }
  const { url } = await scope.open(startPostgres(options))
  endpoints.databaseUrl = url
  return { service, by: `embedded Postgres (${url})` }
}

const startCache = async ({ environment, logs, scope, endpoints }: Context, ports: Ports): Promise<Emulated> => {
  const service = 'ElastiCache'
  if (environment.REDIS_URL && environment.REDIS_URL !== 'none') {
    endpoints.redisUrl = environment.REDIS_URL
    return { service, by: 'REDIS_URL, set by you' }
  }
  const log = (line: string) => logs.write('redis', line)
  const redis = environment.REDIS_URL === 'none' ? undefined : await scope.open(startRedis({ port: ports.redis, log }))
  endpoints.redisUrl = redis?.url ?? ''
  return { service, by: redis ? `${redis.server} (${redis.url})` : 'nothing: there is no cache' }
}

const startLanguageModel = async ({ environment, logs, scope, endpoints }: Context, ports: Ports): Promise<Emulated> => {
  const service = 'OpenAI'
  const { OPENAI_BASE_URL, OPENAI_API_KEY } = environment
  if (OPENAI_BASE_URL || OPENAI_API_KEY) {
    endpoints.openAi = { url: OPENAI_BASE_URL || 'https://api.openai.com/v1', key: OPENAI_API_KEY || 'unused' }
    return { service, by: `${endpoints.openAi.url}, set by you` }
  }
  const { url } = await scope.open(startOpenAi({ port: ports.openai, log: line => logs.write('openai', line) }))
  endpoints.openAi = { url, key: 'local' }
  return { service, by: `extractive methods (${url})` }
}

/** Storage, queues, tables and secrets: what the template is deployed onto, so never replaced. */
const startStores = async ({ stateDir, region, account, keyring, logs, scope, endpoints }: Context, ports: Ports) => {
  const common = { region, account, keyring }
  const [sqs, dynamodb, secrets] = await Promise.all([
    scope.open(startSqs({ ...common, port: ports.sqs, stateDir })),
    scope.open(startDynamoDb({ ...common, port: ports.dynamodb })),
    scope.open(startSecrets({ ...common, port: ports.secrets, stateDir })),
  ])
  const log = (line: object) => logs.write('s3', line)
  const s3 = await scope.open(startS3({ port: ports.s3, dataDir: join(stateDir, 's3'), region, keyring, notify: sqs.send, log }))
  Object.assign(endpoints.aws, { SQS: sqs.url, DYNAMODB: dynamodb.url, SECRETS_MANAGER: secrets.url, S3: s3.url })
  const emulated: Emulated[] = [
    { service: 'S3', by: `files of this machine (${s3.url})` },
    { service: 'SQS', by: `fauxqs (${sqs.url})` },
    { service: 'DynamoDB', by: `dynalite (${dynamodb.url})` },
    { service: 'Secrets Manager', by: `a file of this machine (${secrets.url})` },
  ]
  return { services: { sqs, dynamodb, secrets, s3 } satisfies Partial<Cloud>, emulated }
}

const startEngines = async (context: Context, ports: Ports): Promise<Emulated[]> => {
  const { stateDir, region, account: accountId, keyring, environment, logs, scope, endpoints } = context
  const common = { region, accountId, keyring, environment, s3: { url: endpoints.aws.S3! } }
  const log = (source: string) => (line: object) => logs.write(source, line)
  const engines = [
    {
      service: 'Transcribe',
      variable: 'AWS_ENDPOINT_URL_TRANSCRIBE',
      by: findEngine(environment)?.name ?? 'nothing: no speech engine is installed',
      start: () => startTranscribe({ ...common, port: ports.transcribe, dataDir: join(stateDir, 'transcribe'), log: log('transcribe') }),
    },
    {
      service: 'MediaConvert',
      variable: 'AWS_ENDPOINT_URL_MEDIACONVERT',
      by: 'ffmpeg',
      start: () =>
        startMediaConvert({ ...common, port: ports.mediaconvert, dataDir: join(stateDir, 'mediaconvert'), log: log('mediaconvert') }),
    },
  ]
  return Promise.all(
    engines.map(async ({ service, variable, by, start }) => {
      const url = environment[variable] || (await scope.open(start())).url
      endpoints.aws[variable.replace('AWS_ENDPOINT_URL_', '')] = url
      return { service, by: environment[variable] ? `${variable}, set by you` : `${by} (${url})` }
    }),
  )
}

/** Starts everything that the template is deployed onto, apart from what runs code. */
export const startFoundations = async (context: Context) => {
  const ports = await rememberedPorts(context.stateDir, portNames)
  const [database, cache, languageModel, { services, emulated }] = await Promise.all([
    startDatabase(context, ports),
    startCache(context, ports),
    startLanguageModel(context, ports),
    startStores(context, ports),
  ])
  const engines = await startEngines(context, ports)
  if (context.environment.AWS_ENDPOINT_URL_POLLY) context.endpoints.aws.POLLY = context.environment.AWS_ENDPOINT_URL_POLLY
  return { ports, services, emulated: [...emulated, database, cache, ...engines, languageModel] }
}
