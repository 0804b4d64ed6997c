import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removePostgres } from '../packages/local-aws/src/engines/postgres.ts'
import { claimFolder } from '../packages/local-aws/src/machine/lock.ts'
import type { LogEntry } from '../packages/local-aws/src/machine/logs.ts'
import type { LocalStack } from '../packages/local-aws/src/stack/stack.ts'
import { readCommandLine } from './command-line.ts'
import { buildWhatChanged } from './fresh-build.ts'
import { startHubStack } from './hub-stack.ts'
import { loadOperatorVariables, stateDir } from './repository.ts'
import { watchFunctions } from './watch.ts'

/** The error by which a step of the pipeline refuses a film. */
const REFUSED = 'MediaProblem'
/** The log files have the rest. */
const LINE_CHARACTERS = 200

const say = (text: string) => console.log(text)

const showProblem = ({ level, source, time: _, message, state, error, reason, cause, ...rest }: LogEntry) => {
  // The step that refuses a film says so in a line of its own.
  if (level === 'INFO' || error === REFUSED) return
  const parts = [message, state, error, reason, cause].filter(part => part !== undefined).map(inWords)
  const line = parts.length ? parts.join(': ') : JSON.stringify(rest)
  console.error(`${level} ${source}: ${line.split('\n')[0]!.slice(0, LINE_CHARACTERS)}`)
}

const inWords = (part: unknown): string =>
  typeof part === 'object' && part !== null
    ? String((part as { message?: unknown }).message ?? JSON.stringify(part))
    : String(part)

const reset = async () => {
  const release = await claimFolder(stateDir)
  await removePostgres(join(stateDir, 'postgres'))
  await release()
  // The demo has a stack of its own in there, which may be running.
  const entries = (await readdir(stateDir)).filter(name => name !== 'demo')
  await Promise.all(entries.map(name => rm(join(stateDir, name), { recursive: true, force: true })))
}

/** The same words as the template's. */
const originsOf = ({ FRONTEND_URL }: NodeJS.ProcessEnv): string =>
  FRONTEND_URL || 'localhost and 127.0.0.1, any port'

const describe = (stack: LocalStack, seconds: number) => {
  const width = Math.max(...stack.emulated.map(({ service }) => service.length)) + 2
  say(`AI Video Hub is ready (${seconds.toFixed(1)} s)\n`)
  say(`  REST          ${stack.restUrl}`)
  say(`  Docs          ${stack.restUrl}/docs`)
  say(`  WebSocket     ${stack.webSocketUrl}`)
  say(`  May call      pages of ${originsOf(process.env)} (FRONTEND_URL)`)
  say(`  DATABASE_URL  ${stack.databaseUrl}`)
  say(`  REDIS_URL     ${stack.redisUrl || '(none: degraded mode)'}`)
  say(`  Logs          ${join(stateDir, 'logs')}/combined.log, error.log`)
  say(
    `  AWS keys      AWS_ACCESS_KEY_ID=${stack.operator.accessKeyId} AWS_SECRET_ACCESS_KEY=${stack.operator.secretAccessKey}\n`,
  )
  for (const { service, by } of stack.emulated) say(`  ${service.padEnd(width)}${by}`)
  say('\nCtrl-C stops it.')
}

const USAGE = `Usage: npm run dev (or npm start) [-- --reset]

Starts the hub on this machine and keeps it up; npm run dev builds what changes.

  --reset  Forgets accounts, videos and files first.
  --help   Prints this.

PORT, WS_PORT and FRONTEND_URL change its ports and the pages that may call it; see .env.example.`

const run = async () => {
  const { values: flags } = readCommandLine(USAGE, {
    watch: { type: 'boolean', default: false },
    reset: { type: 'boolean', default: false },
  })
  loadOperatorVariables()
  if (flags.reset) await reset()
  const startedAt = performance.now()
  await buildWhatChanged()
  const stack = await startHubStack({
    stateDir,
    restPort: Number(process.env.PORT || 3001),
    webSocketPort: Number(process.env.WS_PORT || 3002),
    environment: process.env,
    log: showProblem,
  })
  const watcher = flags.watch ? watchFunctions({ reload: stack.reload, say }) : undefined
  describe(stack, (performance.now() - startedAt) / 1000)

  let stopping = false
  const stop = async () => {
    // A second signal ends this process, and with it all that still runs.
    if (stopping) process.exit(130)
    stopping = true
    say('Stopping …')
    watcher?.close()
    await stack.close()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
}

run().catch(error => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
