import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { OPERATOR_VARIABLES } from '../../dev/hub-stack.ts'
import { ownCredentials, runtimeEnvironment } from '../../packages/local-aws/src/stack/environment.ts'

const root = join(import.meta.dirname, '../..')
const example = await readFile(join(root, '.env.example'), 'utf8')
const lines = example.split('\n')
const offered = lines.flatMap(line => line.match(/^#([A-Z][A-Z0-9_]*)=/)?.[1] ?? [])

const GUIDE = [
  ...[
    'DATABASE_URL',
    'REDIS_URL',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_S3_BUCKET',
    'AWS_REGION',
    'YOUTUBE_API_KEY',
  ],
  ...[
    'OPENAI_API_KEY',
    'GOOGLE_CLOUD_API_KEY',
    'JWT_SECRET',
    'JWT_REFRESH_SECRET',
    'JWT_EXPIRES_IN',
    'JWT_REFRESH_EXPIRES_IN',
  ],
  ...['NODE_ENV', 'PORT', 'FRONTEND_URL', 'WS_PORT', 'MAX_CONCURRENT_JOBS', 'VIDEO_PROCESSING_TIMEOUT'],
]
/**
 * Read from the environment, but nothing that belongs into an .env: the shell's, Lambda's and the
 * CDK command line's own.
 */
const OF_THE_PLATFORM = /^(PATH|HOME|TZ|TMPDIR|(OLD)?PWD|SHLVL|_X_AMZN_.*|AWS_LAMBDA_.*|CDK_.*)$/

const sources = await Promise.all(
  (
    await Array.fromAsync(
      glob('{infra,dev,packages/*/src,scripts,bench,test/support}/**/*.{ts,mjs}', { cwd: root }),
    )
  ).map(file => readFile(join(root, file), 'utf8')),
)

/** Returns the names that the code reads from the environment. */
const namesInSources = () => [
  ...sources.flatMap(text =>
    [...text.matchAll(/\b(?:process\.env|environment)\.([A-Z][A-Z0-9_]*)/g)].map(([, name]) => name!),
  ),
  ...sources.flatMap(text =>
    [...text.matchAll(/\{([^{}]*)\} = (?:process\.env|environment)\b/g)].flatMap(
      ([, names]) => names!.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? [],
    ),
  ),
]

/** Returns the names that the local stack passes on to functions. */
const namesHandedOn = () => {
  const names = new Set<string>()
  const environment = new Proxy<Record<string, string>>(
    {},
    { get: (_, name) => void names.add(String(name)) },
  )
  const own = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const endpoints = { databaseUrl: '', redisUrl: '', openAi: { url: '', key: '' }, aws: {} }
  ownCredentials(environment)
  runtimeEnvironment({
    roleName: '',
    region: '',
    keyring: undefined as never,
    own,
    endpoints,
    environment,
    overrides: OPERATOR_VARIABLES,
  })
  return [...names]
}

const readByCode = [...new Set([...namesInSources(), ...namesHandedOn()])].filter(
  name => !OF_THE_PLATFORM.test(name),
)

describe('.env.example', () => {
  it('changes nothing when it is copied as it is', () => {
    expect(parseEnv(example)).toEqual({})
  })

  it('has every variable of the guide', () => {
    expect(GUIDE.filter(name => !offered.includes(name))).toEqual([])
  })

  it('has every variable that an operator may set, and no other beside the guide’s', () => {
    expect(readByCode.length).toBeGreaterThan(20)
    expect(readByCode.filter(name => !offered.includes(name))).toEqual([])
    // Names that the code composes or passes on as text.
    expect(offered.filter(name => !readByCode.includes(name) && !GUIDE.includes(name))).toEqual([
      'MONTHLY_BUDGET_USD',
      'AWS_ENDPOINT_URL_TRANSCRIBE',
      'AWS_ENDPOINT_URL_MEDIACONVERT',
    ])
  })

  it('explains each of them in the line above', () => {
    expect(lines.filter((line, at) => /^#[A-Z]/.test(line) && !/^# \S/.test(lines[at - 1]!))).toEqual([])
  })

  it('names every variable of the functions’ configuration', async () => {
    const config = await readFile(join(root, 'shared/config/config.ts'), 'utf8')
    const keys = [...config.matchAll(/^ {2}([A-Z][A-Z0-9_]*): /gm)].map(([, key]) => key!)
    expect(keys).toContain('MEDIA_TASK_MODE')
    expect(keys.filter(key => !new RegExp(`\\b${key}\\b`).test(example))).toEqual([])
  })
})
