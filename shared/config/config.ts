import * as z from 'zod'
import { parseOrigin } from '../kernel/origins.ts'

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** '90s', '15m', '1h', '7d' or a bare number of seconds, as seconds. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,8}[smhd]?$/, 'must be a duration such as 15m, 1h or 7d')
  .transform(
    text =>
      Number.parseInt(text, 10) *
      UNITS[(text.at(-1) as keyof typeof UNITS) in UNITS ? (text.at(-1) as keyof typeof UNITS) : 's'],
  )

const positiveInteger = z
  .string()
  .regex(/^[1-9]\d{0,11}$/, 'must be a positive whole number')
  .transform(Number)
const text = z.string({ error: 'is missing' }).min(1)
const url = z.url({ error: 'must be a URL' })
const optionalText = text.optional()
const optionalUrl = url.optional()

const origins = text.transform((list, context) => {
  const entries = list.split(',').map(parseOrigin)
  if (entries.every(entry => entry !== undefined)) return entries
  context.addIssue({
    code: 'custom',
    message: 'must be a comma-separated list of origins such as https://app.example.com',
  })
  return z.NEVER
})

/** Variables that the template gives to functions. */
const template = {
  // Without a word about it, the strict rules hold.
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
  AWS_S3_BUCKET: text,
  DATABASE_SECRET_ARN: optionalText,
  DATABASE_HOST: optionalText,
  DATABASE_NAME: optionalText,
  REDIS_ENDPOINT: optionalText,
  AUTH_SECRET_ARN: optionalText,
  OPENAI_SECRET_ARN: optionalText,
  OPENAI_CHAT_MODEL: text.default('gpt-4o'),
  JWT_EXPIRES_IN: duration.default(3600),
  JWT_REFRESH_EXPIRES_IN: duration.default(7 * 86_400),
  FRONTEND_URL: origins,
  EVENTS_QUEUE_URL: url,
  SUMMARIES_QUEUE_URL: url,
  CLEANUP_QUEUE_URL: url,
  MEDIA_PROGRESS_QUEUE_URL: url,
  PUBLIC_BASE_URL: optionalUrl,
  /** The uid of ffmpeg and ffprobe, where the program that starts them is root. */
  FFMPEG_UID: positiveInteger,
  CONNECTIONS_TABLE: text,
  WEBSOCKET_MANAGEMENT_URL: url,
  PIPELINE_ARN: text,
  MEDIACONVERT_ROLE_ARN: text,
  MEDIACONVERT_QUEUE_ARN: text,
  MAX_CONCURRENT_JOBS: positiveInteger.default(5),
  /** Milliseconds. */
  VIDEO_PROCESSING_TIMEOUT: positiveInteger.default(3_600_000),
} as const

/**
 * Variables that the machine or the operator sets and the template never does. The other
 * AWS_ENDPOINT_URL_… are read by the SDK's clients themselves.
 */
const runtime = {
  DATABASE_URL: optionalText,
  REDIS_URL: z.string().optional(),
  JWT_SECRET: optionalText,
  JWT_REFRESH_SECRET: optionalText,
  OPENAI_API_KEY: optionalText,
  OPENAI_BASE_URL: optionalUrl,
  AWS_REGION: text.default('us-east-1'),
  AWS_ACCESS_KEY_ID: optionalText,
  AWS_SECRET_ACCESS_KEY: optionalText,
  AWS_SESSION_TOKEN: optionalText,
  AWS_ENDPOINT_URL_SECRETS_MANAGER: optionalUrl,
  AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: optionalUrl,
  /** The folder of unpacked layers; /opt in Lambda. */
  LAMBDA_LAYERS_ROOT: optionalText,
  /** The subject of a run of the media task; the state machine sets them. */
  VIDEO_ID: text,
  RUN_ID: text,
  SOURCE_KEY: text,
  SOURCE_ETAG: text,
  /** Empty when nobody has announced it. */
  SPOKEN_LANGUAGE: z.string().max(35).optional(),
  MEDIA_TASK_MODE: z.enum(['normalise', 'extract']),
} as const

const schemas = { ...template, ...runtime }

type Schemas = typeof schemas
export type ConfigKey = keyof Schemas
export type Config = { [K in ConfigKey]: z.output<Schemas[K]> }

export const TEMPLATE_KEYS = Object.keys(template) as (keyof typeof template)[]

const SECRET_KEYS = [
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_ENDPOINT_URL_SECRETS_MANAGER',
] as const

/** The variables of a function that uses Postgres. */
export const DATABASE_KEYS = [
  'NODE_ENV',
  'DATABASE_SECRET_ARN',
  'DATABASE_HOST',
  'DATABASE_NAME',
  'DATABASE_URL',
  ...SECRET_KEYS,
] as const

/** The variables of a function that serves signed-in users. */
export const SIGNED_IN_KEYS = [
  ...DATABASE_KEYS,
  'REDIS_ENDPOINT',
  'REDIS_URL',
  'AUTH_SECRET_ARN',
  'JWT_SECRET',
  'JWT_REFRESH_SECRET',
  'JWT_EXPIRES_IN',
  'FRONTEND_URL',
] as const

/**
 * The given variables, parsed. An empty variable counts as absent, but for REDIS_URL, where it
 * means "no Redis". Throws one error that lists every problem by the variable's name and never
 * shows a value.
 */
export const readConfig = <const K extends readonly ConfigKey[]>(
  env: Record<string, string | undefined>,
  keys: K,
): Pick<Config, K[number]> => {
  const problems: string[] = []
  const entries = keys.map(key => {
    const value = key === 'REDIS_URL' ? env[key] : env[key] || undefined
    const result = schemas[key].safeParse(value)
    if (!result.success)
      problems.push(
        `${key} ${value === undefined ? 'is missing' : result.error.issues.map(issue => issue.message).join(', ')}`,
      )
    return [key, result.data]
  })
  if (problems.length > 0) throw new Error(`The environment is not usable: ${problems.join('; ')}`)
  return Object.fromEntries(entries)
}
