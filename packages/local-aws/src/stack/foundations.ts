import { join } from 'node:path'
import { startOpenAi } from '../engines/openai/openai.ts'
import { startPostgres } from '../engines/postgres.ts'
import { startRedis } from '../engines/redis.ts'
import type { RoleKeyring } from '../iam/keyring.ts'
import type { Logs } from '../machine/logs.ts'
import { rememberedPorts } from '../machine/ports.ts'
import type { OpenScope } from '../machine/scope.ts'
import type { AwsEvent } from '../services/eventbridge/server.ts'
import { services } from '../services/services.ts'
import { findEngine } from '../services/transcribe/engine.ts'
import type { Endpoints, Environment } from './environment.ts'

/** A service, and the program that emulates it on this machine. */
export type Emulated = { service: string; by: string }

type Context = {
  stateDir: string
  region: string
  account: string
  /** The name of the embedded Postgres' database. */
  database: string
  /** 0 = the one of the last start, or a free one */
  webSocketPort: number
  keyring: RoleKeyring
  environment: Environment
  logs: Logs
  scope: OpenScope
  /** Takes the events that services send to the default bus. */
  emit: (event: AwsEvent) => void
}

const PORT_NAMES = [
  ...(['postgres', 'redis', 's3', 'sqs', 'dynamodb', 'secrets', 'states'] as const),
  ...(['transcribe', 'mediaconvert', 'openai', 'websocket'] as const),
]
type Ports = Record<(typeof PORT_NAMES)[number], number>

const startDatabase = async ({ stateDir, database, environment, logs, scope }: Context, ports: Ports) => {
  const service = 'RDS PostgreSQL'
  if (environment.DATABASE_URL)
    return { url: environment.DATABASE_URL, emulated: { service, by: 'DATABASE_URL, set by you' } }
  const log = (line: string) => logs.write('postgres', line)
  const options = {
    dataDir: join(stateDir, 'postgres'),
    database,
    port: ports.postgres,
    durable: environment.NODE_ENV !== 'test',
    log,
  }
  const { url } = await scope.open(startPostgres(options))
  return { url, emulated: { service, by: `embedded Postgres (${url})` } }
}

const startCache = async ({ environment, logs, scope }: Context, ports: Ports) => {
  const service = 'ElastiCache'
  const { REDIS_URL } = environment
  if (REDIS_URL && REDIS_URL !== 'none')
    return { url: REDIS_URL, emulated: { service, by: 'REDIS_URL, set by you' } }
  const log = (line: string) => logs.write('redis', line)
  const redis = REDIS_URL === 'none' ? undefined : await scope.open(startRedis({ port: ports.redis, log }))
  return {
    url: redis?.url ?? '',
    emulated: { service, by: redis ? `${redis.server} (${redis.url})` : 'nothing: there is no cache' },
  }
}

const startLanguageModel = async ({ environment, logs, scope }: Context, ports: Ports) => {
  const service = 'OpenAI'
  const { OPENAI_BASE_URL, OPENAI_API_KEY } = environment
  if (OPENAI_BASE_URL || OPENAI_API_KEY) {
    const url = OPENAI_BASE_URL || 'https://api.openai.com/v1'
    return {
      openAi: { url, key: OPENAI_API_KEY || 'unused' },
      emulated: { service, by: `${url}, set by you` },
    }
  }
  const { url } = await scope.open(
    startOpenAi({ port: ports.openai, log: line => logs.write('openai', line) }),
  )
  return { openAi: { url, key: 'local' }, emulated: { service, by: `extractive methods (${url})` } }
}

/**
 * Storage, queues, tables, secrets and executions: what the template is deployed onto, so never
 * replaced.
 */
const startStores = async (
  { stateDir, region, account, keyring, logs, scope, emit }: Context,
  ports: Ports,
) => {
  const common = { region, account, keyring, stateDir }
  const log = (source: string) => (line: object) => logs.write(source, line)
  const [sqs, dynamodb, secrets, states] = await Promise.all([
    scope.open(services.sqs.start({ ...common, port: ports.sqs })),
    scope.open(services.dynamodb.start({ ...common, port: ports.dynamodb })),
    scope.open(services['secrets-manager'].start({ ...common, port: ports.secrets })),
    scope.open(services['step-functions'].start({ ...common, port: ports.states, emit, log: log('local') })),
  ])
  const s3 = await scope.open(
    services.s3.start({
      port: ports.s3,
      dataDir: join(stateDir, 's3'),
      region,
      keyring,
      notify: sqs.send,
      log: log('s3'),
    }),
  )
  return { sqs, dynamodb, secrets, states, s3 }
}

type Replaceable = {
  service: string
  variable: string
  by: string
  start: () => Promise<{ url: string; close(): Promise<void> }>
}

/** Starts a service, unless its variable names the address of another. */
const startUnlessGiven = async (
  { environment, scope }: Context,
  { service, variable, by, start }: Replaceable,
) => {
  const given = environment[variable]
  if (given) return { url: given, emulated: { service, by: `${variable}, set by you` } }
  const { url } = await scope.open(start())
  return { url, emulated: { service, by: `${by} (${url})` } }
}

/** Starts all that has an address of its own, apart from the gateways. */
export const startFoundations = async (context: Context) => {
  const { stateDir, region, account: accountId, keyring, environment, logs } = context
  const ports = await rememberedPorts(stateDir, PORT_NAMES)
  const [database, cache, languageModel, stores] = await Promise.all([
    startDatabase(context, ports),
    startCache(context, ports),
    startLanguageModel(context, ports),
    startStores(context, ports),
  ])
  const { s3, sqs, dynamodb, secrets, states } = stores
  const optionsOf = (name: 'transcribe' | 'mediaconvert') => ({
    ...{
      region,
      accountId,
      keyring,
      environment,
      s3: { url: s3.url },
      port: ports[name],
      dataDir: join(stateDir, name),
    },
    log: (line: object) => logs.write(name, line),
  })
  const [transcribe, mediaConvert] = await Promise.all([
    startUnlessGiven(context, {
      service: 'Transcribe',
      variable: 'AWS_ENDPOINT_URL_TRANSCRIBE',
      by: findEngine(environment)?.name ?? 'nothing: no speech engine is installed',
      start: () => services.transcribe.start(optionsOf('transcribe')),
    }),
    startUnlessGiven(context, {
      service: 'MediaConvert',
      variable: 'AWS_ENDPOINT_URL_MEDIACONVERT',
      by: 'ffmpeg',
      start: () => services.mediaconvert.start(optionsOf('mediaconvert')),
    }),
  ])
  const { AWS_ENDPOINT_URL_POLLY } = environment
  const webSocketPort = context.webSocketPort || ports.websocket
  const endpoints: Endpoints = {
    databaseUrl: database.url,
    redisUrl: cache.url,
    openAi: languageModel.openAi,
    aws: {
      ...{ SQS: sqs.url, DYNAMODB: dynamodb.url, SECRETS_MANAGER: secrets.url, S3: s3.url, SFN: states.url },
      ...{ TRANSCRIBE: transcribe.url, MEDIACONVERT: mediaConvert.url },
      // The gateway starts later, at this port.
      APIGATEWAYMANAGEMENTAPI: `http://127.0.0.1:${webSocketPort}`,
      ...(AWS_ENDPOINT_URL_POLLY && { POLLY: AWS_ENDPOINT_URL_POLLY }),
    },
  }
  const emulated: Emulated[] = [
    { service: 'S3', by: `files of this machine (${s3.url})` },
    { service: 'SQS', by: `fauxqs (${sqs.url})` },
    { service: 'DynamoDB', by: `dynalite (${dynamodb.url})` },
    { service: 'Secrets Manager', by: `a file of this machine (${secrets.url})` },
    {
      service: 'Step Functions',
      by: `aws-local-stepfunctions, running the template's definition (${states.url})`,
    },
    ...[
      database.emulated,
      cache.emulated,
      transcribe.emulated,
      mediaConvert.emulated,
      languageModel.emulated,
    ],
  ]
  return { stores, endpoints, emulated, webSocketPort }
}
