import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Bundle } from '../scripts/build.ts'

const run = promisify(execFile)
const TIMES = 3

const nowhere = 'http://127.0.0.1:9'
const address = (service: string) => [`AWS_ENDPOINT_URL_${service}`, nowhere]
/**
 * The environment of a function. Nothing listens at these addresses: no function calls a service
 * before its first event.
 */
const environment = {
  NODE_ENV: 'development',
  DATABASE_URL: 'postgresql://hub:hub@127.0.0.1:9/ai_video_hub',
  REDIS_URL: 'redis://127.0.0.1:9',
  JWT_SECRET: 'a'.repeat(32),
  JWT_REFRESH_SECRET: 'b'.repeat(32),
  OPENAI_API_KEY: 'none',
  OPENAI_BASE_URL: nowhere,
  FRONTEND_URL: 'http://localhost:3000',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_S3_BUCKET: 'media',
  EVENTS_QUEUE_URL: `${nowhere}/events.fifo`,
  SUMMARIES_QUEUE_URL: `${nowhere}/summaries`,
  CLEANUP_QUEUE_URL: `${nowhere}/cleanup`,
  CONNECTIONS_TABLE: 'connections',
  WEBSOCKET_MANAGEMENT_URL: nowhere,
  PIPELINE_ARN: 'arn:aws:states:us-east-1:000000000000:stateMachine:pipeline',
  MEDIACONVERT_ROLE_ARN: 'arn:aws:iam::000000000000:role/mediaconvert',
  MEDIACONVERT_QUEUE_ARN: 'arn:aws:mediaconvert:us-east-1:000000000000:queues/media',
  LAMBDA_LAYERS_ROOT: resolve('dist/layers/media-tools'),
  ...Object.fromEntries(['S3', 'SQS', 'DYNAMODB', 'SFN', 'MEDIACONVERT', 'TRANSCRIBE'].map(address)),
}

const initMs = async (name: string): Promise<number> => {
  const url = pathToFileURL(join('dist', name, 'index.mjs')).href
  const script = `const at = performance.now(); await import(${JSON.stringify(url)}); console.log('init', performance.now() - at); process.exit()`
  const options = { env: { PATH: process.env.PATH, ...environment }, timeout: 60_000 }
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], options)
  return Number(/^init ([\d.]+)$/m.exec(stdout)![1])
}

const medianInit = async (name: string): Promise<number> => {
  const times: number[] = []
  for (let i = 0; i < TIMES; i++) times.push(await initMs(name))
  return times.sort((a, b) => a - b)[Math.floor(TIMES / 2)]!
}

/**
 * Size and start of every function in `dist/`. The media task has no start of its own to measure:
 * its program is its work.
 */
export const measureFunctions = async (): Promise<
  { name: string; kilobytes: number; initMs: number | undefined }[]
> => {
  const bundles = JSON.parse(await readFile('dist/meta.json', 'utf8')) as Record<string, Bundle>
  const measured = []
  for (const [name, { eagerBytes }] of Object.entries(bundles).sort())
    measured.push({
      name,
      kilobytes: eagerBytes / 1000,
      initMs: name === 'media-task' ? undefined : await medianInit(name),
    })
  return measured
}
