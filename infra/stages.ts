import { parseOrigin } from '../shared/kernel/origins.ts'

export const STAGE_NAMES = ['local', 'dev', 'prod'] as const
export type StageName = (typeof STAGE_NAMES)[number]

/**
 * Everything in which the stages differ. Constructs read values; none asks for the name of the
 * stage.
 */
export type StageSettings = {
  /** NODE_ENV of the functions: `production` refuses example secrets. */
  nodeEnv: 'development' | 'production'
  /** Origins that browsers may call from: FRONTEND_URL, split at commas. */
  origins: string[]
  /**
   * Variables whose value in this table is only an example: a deployment is refused without them, a
   * synthesis is not.
   */
  mustBeSet: readonly ('FRONTEND_URL' | 'AVAILABILITY_ZONES')[]
  /**
   * Two or more zones by name. RDS Proxy is missing in some zones, and names mean other zones in
   * each account (docs/deployment.md). Absent: the first two that the account lists.
   */
  zones?: string[]
  /**
   * Protects the stacks and the database from deletion. Off for FIRST_DEPLOYMENT, which may have to
   * be rolled back.
   */
  deletionProtection: boolean
  /**
   * USD a month; the alarms' address gets a mail at 50, 80 and 100 % and when the forecast is
   * above.
   */
  monthlyBudgetUsd: number
  /**
   * The address under which clients reach the API, with its path and without a slash at the end:
   * that of a domain or a CDN. Absent: API Gateway's own.
   */
  publicBaseUrl?: string
  /** Lifetimes such as `1h` or `7d`. */
  jwtExpiresIn: string
  jwtRefreshExpiresIn: string
  openAiChatModel: string
  /** How many pipelines run at the same time. */
  maxConcurrentJobs: number
  /** After this long an execution is stopped. The time in which it waits for its place counts. */
  videoProcessingTimeoutMs: number
  /**
   * How long the state machine waits between two questions to MediaConvert, Transcribe or `admit`:
   * this, or longer when the rounds until the timeout would not fit into `historyEvents`.
   */
  pollSeconds: number
  /**
   * At how many events of its history an execution fails: 25,000 in AWS
   * (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html); the local engine
   * has no such limit.
   */
  historyEvents: number
  logRetentionDays: 1 | 14 | 90
  /**
   * The fate of data that cannot be made again, when its stack is deleted. `retain`: the bucket and
   * the signing keys stay, the database leaves a snapshot, and the stacks are protected from
   * deletion. Queues, the table of connections, the cache, the other secrets and logs go in any
   * case.
   */
  onDelete: 'destroy' | 'retain'
  nat: { kind: 'instance' | 'gateway'; count: number }
  /**
   * `proxy`: bursts of functions share connections. Without it each running function holds its own,
   * which the smallest instance bears while the concurrency is small.
   */
  database: {
    proxy: boolean
    instanceType: string
    storageGb: number
    maxStorageGb: number
    multiAz: boolean
    backupDays: number
  }
  /** Serverless Valkey is paid by use; these bound the bill. */
  cache: { maxStorageGb: number; maxEcpuPerSecond: number }
  mediaTask: { cpu: 1024 | 2048 | 4096; memoryMb: number; diskGb: number }
  api: { requestsPerSecond: number; burst: number }
  /** The address that gets the alarms by mail. Absent: the topic has no subscriber. */
  alarmEmail?: string
}

const common = {
  nodeEnv: 'production',
  mustBeSet: ['AVAILABILITY_ZONES'],
  jwtExpiresIn: '1h',
  jwtRefreshExpiresIn: '7d',
  openAiChatModel: 'gpt-4o',
  maxConcurrentJobs: 5,
  videoProcessingTimeoutMs: 3_600_000,
  pollSeconds: 5,
  historyEvents: 25_000,
} satisfies Partial<StageSettings>

const small = {
  onDelete: 'destroy',
  deletionProtection: false,
  monthlyBudgetUsd: 100,
  nat: { kind: 'instance', count: 1 },
  database: {
    proxy: true,
    instanceType: 't4g.micro',
    storageGb: 20,
    maxStorageGb: 50,
    multiAz: false,
    backupDays: 1,
  },
  cache: { maxStorageGb: 1, maxEcpuPerSecond: 1000 },
  mediaTask: { cpu: 2048, memoryMb: 4096, diskGb: 30 },
  api: { requestsPerSecond: 50, burst: 100 },
} satisfies Partial<StageSettings>

const stages: Record<StageName, StageSettings> = {
  local: {
    ...common,
    ...small,
    nodeEnv: 'development',
    mustBeSet: [],
    // A development server takes whatever port is free.
    origins: ['http://localhost:3000', 'http://localhost:*', 'http://127.0.0.1:*'],
    pollSeconds: 1,
    historyEvents: Number.POSITIVE_INFINITY,
    logRetentionDays: 1,
  },
  dev: {
    ...common,
    ...small,
    origins: ['http://localhost:3000'],
    logRetentionDays: 14,
    // The proxy is 22 USD a month beside an instance of 12.
    database: { ...small.database, proxy: false },
  },
  prod: {
    ...common,
    origins: ['https://your-frontend-domain.com'],
    mustBeSet: ['FRONTEND_URL', 'AVAILABILITY_ZONES'],
    logRetentionDays: 90,
    onDelete: 'retain',
    deletionProtection: true,
    monthlyBudgetUsd: 500,
    // One gateway for both zones saves 36 USD a month; when its zone fails, the pipeline retries.
    nat: { kind: 'gateway', count: 1 },
    database: {
      proxy: true,
      instanceType: 't4g.medium',
      storageGb: 50,
      maxStorageGb: 500,
      multiAz: true,
      backupDays: 14,
    },
    cache: { maxStorageGb: 5, maxEcpuPerSecond: 10_000 },
    mediaTask: { cpu: 4096, memoryMb: 8192, diskGb: 50 },
    api: { requestsPerSecond: 500, burst: 1000 },
  },
}

export const isStageName = (name: string): name is StageName =>
  (STAGE_NAMES as readonly string[]).includes(name)

/**
 * The settings of a stage. The variables that an operator may set (see docs/deployment.md) win over
 * the table. Throws on an unusable value.
 */
export const stageSettings = (
  stage: StageName,
  environment: Record<string, string | undefined> = {},
): StageSettings => {
  const settings = stages[stage]
  const videoProcessingTimeoutMs =
    positiveInteger(environment, 'VIDEO_PROCESSING_TIMEOUT') ?? settings.videoProcessingTimeoutMs
  const zones = splitZones(environment.AVAILABILITY_ZONES)
  const {
    FRONTEND_URL,
    FIRST_DEPLOYMENT,
    JWT_EXPIRES_IN,
    JWT_REFRESH_EXPIRES_IN,
    OPENAI_CHAT_MODEL,
    ALARM_EMAIL,
    PUBLIC_BASE_URL,
  } = environment
  return {
    ...settings,
    origins: FRONTEND_URL ? splitOrigins(FRONTEND_URL, settings.nodeEnv) : settings.origins,
    deletionProtection: settings.deletionProtection && !FIRST_DEPLOYMENT,
    monthlyBudgetUsd: positiveInteger(environment, 'MONTHLY_BUDGET_USD') ?? settings.monthlyBudgetUsd,
    jwtExpiresIn: JWT_EXPIRES_IN || settings.jwtExpiresIn,
    jwtRefreshExpiresIn: JWT_REFRESH_EXPIRES_IN || settings.jwtRefreshExpiresIn,
    openAiChatModel: OPENAI_CHAT_MODEL || settings.openAiChatModel,
    maxConcurrentJobs: positiveInteger(environment, 'MAX_CONCURRENT_JOBS') ?? settings.maxConcurrentJobs,
    videoProcessingTimeoutMs,
    pollSeconds: Math.max(
      settings.pollSeconds,
      shortestPollSeconds(videoProcessingTimeoutMs, settings.historyEvents),
    ),
    ...(ALARM_EMAIL && { alarmEmail: ALARM_EMAIL }),
    ...(PUBLIC_BASE_URL && { publicBaseUrl: publicAddress(PUBLIC_BASE_URL) }),
    ...(zones && { zones }),
  }
}

// A round is a wait, a task and a choice, 2 + 5 + 2 events; transcoding and transcription have
// theirs side by side.
const EVENTS_OF_A_POLL = 2 * 9
// The rest is for the other states and for retries.
const SHARE_OF_POLLS = 0.8

/** The pause at which all rounds until the timeout fit into an execution's history. */
const shortestPollSeconds = (timeoutMs: number, historyEvents: number): number =>
  Math.ceil(((timeoutMs / 1000) * EVENTS_OF_A_POLL) / (historyEvents * SHARE_OF_POLLS))

const publicAddress = (text: string): string => {
  const url = URL.parse(text)
  if (url?.protocol !== 'https:' || url.search || url.hash)
    throw new Error(`PUBLIC_BASE_URL: "${text}" is no address such as https://api.example.com/api`)
  return url.href.replace(/\/$/, '')
}

const splitZones = (list = ''): string[] | undefined => {
  const zones = list.split(',').flatMap(name => name.trim() || [])
  if (zones.length === 0) return undefined
  if (zones.length < 2 || zones.some(name => !/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/.test(name)))
    throw new Error(
      `AVAILABILITY_ZONES: "${list}" is no list of two or more zones such as us-east-1a,us-east-1b`,
    )
  return zones
}

const splitOrigins = (list: string, nodeEnv: StageSettings['nodeEnv']): string[] =>
  list.split(',').map(entry => {
    const origin = parseOrigin(entry)
    if (!origin) throw new Error(`FRONTEND_URL: "${entry}" is not an origin such as https://app.example.com`)
    if (nodeEnv === 'production' && /^http:\/\/(?!localhost(:|$))/.test(origin))
      throw new Error(`FRONTEND_URL: "${entry}" is not encrypted; use https (http is for localhost alone)`)
    return origin
  })

const positiveInteger = (
  environment: Record<string, string | undefined>,
  name: string,
): number | undefined => {
  const text = environment[name]
  if (!text) return undefined
  const number = Number(text)
  if (!Number.isInteger(number) || number <= 0)
    throw new Error(`${name} must be a positive whole number; it is "${text}"`)
  return number
}
