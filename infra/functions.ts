import { SUMMARY_BUDGET_MS } from '../shared/contract/limits.ts'
import type { QueueName } from '../shared/contract/queues.ts'
import type { EnvironmentKey } from './environment.ts'

type Folder = 'users' | 'media'

/**
 * A thing that a function may touch; `constructs/grants.ts` says which IAM statements each one is.
 */
export type Use =
  | 'db'
  | 'cache'
  | 'auth-secret'
  | 'openai-secret'
  | `bucket:${'read' | 'write' | 'delete' | 'list' | 'list-parts' | 'abort-parts'}:${Folder}`
  | `queue:${QueueName}:send`
  | `connections:${'add' | 'read' | 'change' | 'list'}`
  | 'manage-connections'
  | 'pipeline:start'
  | 'pipeline:stop'
  | 'mediaconvert:run'
  | 'mediaconvert:cancel'
  | 'transcribe'

export type FunctionRow = {
  stack: 'migrations' | 'media' | 'api'
  memoryMb: number
  timeoutSeconds: number
  /** The template's variables: exactly those that the entry file names in `readConfig`. */
  environment: readonly EnvironmentKey[]
  uses: readonly Use[]
  /** The queue whose messages it is given. Failed messages of a batch are reported one by one. */
  queue?: { name: QueueName; batchSize: number; maxConcurrency?: number }
  /**
   * EventBridge invokes it for what happens once: events that fail every try are kept in the
   * `undelivered` queue.
   */
  eventBridgeTarget?: true
  /**
   * It is called on a schedule. A late run is worth nothing, since the next one does its work: it
   * is neither repeated nor kept.
   */
  everyMinutes?: number
  layers?: readonly 'media-tools'[]
  /**
   * Sends messages to its own queue on purpose. Lambda stops such chains after about 16 rounds
   * unless they are allowed: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
   */
  sendsToItself?: true
}

const api = { stack: 'api', memoryMb: 1024, timeoutSeconds: 29 } as const
const step = { stack: 'media', memoryMb: 512, timeoutSeconds: 60 } as const

/** The seconds left for everything else when the language model has taken all its time. */
const BESIDE_MODEL_SECONDS = 20

const DATABASE = ['NODE_ENV', 'DATABASE_SECRET_ARN', 'DATABASE_HOST', 'DATABASE_NAME'] as const
const signedIn = [...DATABASE, 'REDIS_ENDPOINT', 'AUTH_SECRET_ARN', 'JWT_EXPIRES_IN', 'FRONTEND_URL'] as const
const running = [...DATABASE, 'EVENTS_QUEUE_URL'] as const
const USES_AS_SIGNED_IN = ['db', 'cache', 'auth-secret'] as const
const USES_AS_RUNNING = ['db', 'queue:events:send'] as const

/**
 * One row per function: the key is its name, its folder under dist/ and the end of its deployed
 * name.
 */
const functions = {
  // 900 s is the longest that Lambda allows.
  migrate: { stack: 'migrations', memoryMb: 512, timeoutSeconds: 900, environment: DATABASE, uses: ['db'] },

  auth: { ...api, environment: [...signedIn, 'JWT_REFRESH_EXPIRES_IN'], uses: USES_AS_SIGNED_IN },
  videos: {
    ...api,
    environment: [
      ...signedIn,
      'AWS_S3_BUCKET',
      'EVENTS_QUEUE_URL',
      'CLEANUP_QUEUE_URL',
      'PIPELINE_ARN',
      'PUBLIC_BASE_URL',
    ],
    uses: [
      ...USES_AS_SIGNED_IN,
      'bucket:read:users',
      'bucket:read:media',
      'bucket:list:users',
      'bucket:list:media',
      'bucket:abort-parts:users',
      'queue:events:send',
      'queue:cleanup:send',
      'pipeline:start',
      'pipeline:stop',
      'mediaconvert:cancel',
    ],
  },
  uploads: {
    ...api,
    environment: [...signedIn, 'AWS_S3_BUCKET', 'EVENTS_QUEUE_URL', 'CLEANUP_QUEUE_URL', 'PUBLIC_BASE_URL'],
    uses: [
      ...USES_AS_SIGNED_IN,
      'bucket:read:users',
      'bucket:list:users',
      // A repeated request may answer a video that is processed by now: links work only as far as
      // their signer may read.
      'bucket:read:media',
      'bucket:write:users',
      'bucket:list-parts:users',
      'bucket:abort-parts:users',
      'queue:events:send',
      'queue:cleanup:send',
    ],
  },
  summaries: {
    ...api,
    environment: [...signedIn, 'SUMMARIES_QUEUE_URL'],
    uses: [...USES_AS_SIGNED_IN, 'queue:summaries:send'],
  },
  system: {
    ...api,
    environment: [...signedIn, 'AWS_S3_BUCKET', 'OPENAI_SECRET_ARN'],
    uses: [...USES_AS_SIGNED_IN, 'openai-secret', 'bucket:list:users'],
  },
  realtime: {
    ...api,
    memoryMb: 512,
    environment: [...signedIn, 'CONNECTIONS_TABLE', 'EVENTS_QUEUE_URL', 'WEBSOCKET_MANAGEMENT_URL'],
    uses: [
      ...USES_AS_SIGNED_IN,
      'connections:add',
      'connections:read',
      'connections:change',
      'queue:events:send',
      'manage-connections',
    ],
  },

  ingest: {
    ...step,
    environment: [...running, 'AWS_S3_BUCKET', 'PIPELINE_ARN', 'CLEANUP_QUEUE_URL'],
    uses: [
      ...USES_AS_RUNNING,
      'bucket:read:users',
      'bucket:list:users',
      'pipeline:start',
      'queue:cleanup:send',
    ],
    queue: { name: 'ingest', batchSize: 10 },
  },
  'pipeline-admit': {
    ...step,
    environment: [...running, 'MAX_CONCURRENT_JOBS', 'VIDEO_PROCESSING_TIMEOUT'],
    uses: USES_AS_RUNNING,
  },
  'pipeline-inspect': {
    ...step,
    memoryMb: 1024,
    environment: [...running, 'AWS_S3_BUCKET'],
    uses: [
      ...USES_AS_RUNNING,
      'bucket:read:users',
      'bucket:list:users',
      // The run's own copy of what a form has brought.
      'bucket:write:media',
      'bucket:read:media',
      'bucket:list:media',
    ],
    layers: ['media-tools'],
  },
  'pipeline-record': {
    ...step,
    environment: [...running, 'AWS_S3_BUCKET'],
    uses: [...USES_AS_RUNNING, 'bucket:read:media', 'bucket:list:media'],
  },
  'pipeline-transcode': {
    ...step,
    environment: [...running, 'AWS_S3_BUCKET', 'MEDIACONVERT_ROLE_ARN', 'MEDIACONVERT_QUEUE_ARN'],
    uses: [...USES_AS_RUNNING, 'mediaconvert:run', 'mediaconvert:cancel'],
  },
  'pipeline-transcribe': {
    ...step,
    memoryMb: 1024,
    timeoutSeconds: 300,
    environment: [...running, 'AWS_S3_BUCKET'],
    uses: [...USES_AS_RUNNING, 'bucket:read:media', 'bucket:write:media', 'bucket:list:media', 'transcribe'],
  },
  'pipeline-summarise': {
    ...step,
    memoryMb: 1024,
    timeoutSeconds: SUMMARY_BUDGET_MS.pipeline / 1000 + BESIDE_MODEL_SECONDS,
    environment: [...running, 'OPENAI_SECRET_ARN', 'OPENAI_CHAT_MODEL'],
    uses: [...USES_AS_RUNNING, 'openai-secret'],
  },
  'pipeline-publish': {
    ...step,
    environment: [...running, 'AWS_S3_BUCKET', 'CLEANUP_QUEUE_URL', 'SUMMARIES_QUEUE_URL'],
    uses: [
      ...USES_AS_RUNNING,
      'bucket:read:users',
      'bucket:list:users',
      'bucket:read:media',
      'bucket:list:media',
      'queue:cleanup:send',
      'queue:summaries:send',
    ],
  },
  'pipeline-fail': {
    ...step,
    environment: [...running, 'CLEANUP_QUEUE_URL'],
    uses: [...USES_AS_RUNNING, 'mediaconvert:cancel', 'queue:cleanup:send'],
    eventBridgeTarget: true,
  },

  'worker-relay': {
    ...step,
    stack: 'api',
    timeoutSeconds: 20,
    environment: [...running, 'CONNECTIONS_TABLE', 'WEBSOCKET_MANAGEMENT_URL'],
    uses: [
      ...USES_AS_RUNNING,
      'connections:list',
      'connections:read',
      'connections:change',
      'manage-connections',
    ],
    queue: { name: 'events', batchSize: 10, maxConcurrency: 10 },
    // A client with many missed events is served in turns; each turn sends the message for the
    // next.
    sendsToItself: true,
  },
  'worker-summarise': {
    ...step,
    memoryMb: 1024,
    timeoutSeconds: SUMMARY_BUDGET_MS.worker / 1000 + BESIDE_MODEL_SECONDS,
    environment: [...running, 'OPENAI_SECRET_ARN', 'OPENAI_CHAT_MODEL'],
    uses: [...USES_AS_RUNNING, 'openai-secret'],
    // The guide's "ai processing" concurrency.
    queue: { name: 'summaries', batchSize: 1, maxConcurrency: 3 },
  },
  'worker-progress': {
    ...step,
    timeoutSeconds: 20,
    environment: running,
    uses: USES_AS_RUNNING,
    queue: { name: 'media-progress', batchSize: 10, maxConcurrency: 2 },
  },
  'worker-cleanup': {
    ...step,
    timeoutSeconds: 300,
    environment: [...DATABASE, 'AWS_S3_BUCKET'],
    uses: ['db', 'bucket:list:users', 'bucket:delete:users', 'bucket:list:media', 'bucket:delete:media'],
    queue: { name: 'cleanup', batchSize: 5 },
  },
  'scheduled-reconcile': {
    ...step,
    timeoutSeconds: 120,
    environment: [
      ...running,
      'AWS_S3_BUCKET',
      'CLEANUP_QUEUE_URL',
      'PIPELINE_ARN',
      'VIDEO_PROCESSING_TIMEOUT',
    ],
    uses: [
      ...USES_AS_RUNNING,
      'queue:cleanup:send',
      'bucket:read:users',
      'bucket:list:users',
      'bucket:abort-parts:users',
      'pipeline:start',
      'pipeline:stop',
      'mediaconvert:cancel',
    ],
    everyMinutes: 1,
  },
} as const satisfies Record<string, FunctionRow>

export type FunctionName = keyof typeof functions
/** The table without its literal types, for code that treats all rows alike. */
export const functionTable: Record<FunctionName, FunctionRow> = functions

/**
 * The Fargate task is no Lambda function, but its variables and grants are written in the same way.
 * It reads strangers' files, so it knows neither the database nor the cache.
 */
export const mediaTask = {
  environment: ['NODE_ENV', 'AWS_S3_BUCKET', 'MEDIA_PROGRESS_QUEUE_URL', 'FFMPEG_UID'],
  uses: [
    // Without listing, keys cannot be found out: they hold ids that cannot be guessed.
    'bucket:read:users',
    'bucket:read:media',
    'bucket:write:media',
    'queue:media-progress:send',
  ],
} as const satisfies Pick<FunctionRow, 'environment' | 'uses'>
