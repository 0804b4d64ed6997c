import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildWhatChanged } from '../dev/fresh-build.ts'
import { startHubStack } from '../dev/hub-stack.ts'
import { removePostgres } from '../packages/local-aws/src/engines/postgres.ts'
import { talkingVideo } from '../test/support/fixtures.ts'
import { runBareCommands } from './bare-commands.ts'
import { measureFunctions } from './functions.ts'
import { timeHub } from './hub.ts'

const AIM = 1.3

const line = (label: string, value: number, unit: string, digits = 1) =>
  console.log(`  ${label.padEnd(44)} ${value.toFixed(digits).padStart(8)} ${unit}`)

/**
 * The same film through the bare tools and through the hub, on this machine, one after the other.
 */
const comparePipeline = async (folder: string): Promise<void> => {
  const file = await talkingVideo()
  console.log('The talking film (39 s, 1280x720) by the bare tools, one command after the other')
  const commands = await runBareCommands(file, join(folder, 'bare'))
  for (const { label, program, seconds } of commands) line(`${label} (${program})`, seconds, 's')
  const bare = commands.reduce((sum, { seconds }) => sum + seconds, 0)
  line('sum', bare, 's')

  console.log('\nThe same film through the hub, from the answer to the upload until it is processed')
  const stateDir = join(folder, 'hub')
  const stack = await startHubStack({ stateDir, restPort: 0, webSocketPort: 0, environment: process.env })
  try {
    for (const label of ['every function cold', 'functions warm']) {
      const seconds = await timeHub(stack, file)
      line(label, seconds, 's')
      line(`  ratio to the bare tools (aim: at most ${AIM})`, seconds / bare, '', 2)
    }
  } finally {
    await stack.close()
    await removePostgres(join(stateDir, 'postgres'))
  }
}

const showFunctions = async (): Promise<void> => {
  console.log(
    '\nFunctions: what a cold start reads, and how long importing it takes in a new process (median of 3)',
  )
  for (const { name, kilobytes, initMs } of await measureFunctions())
    console.log(
      `  ${name.padEnd(22)} ${kilobytes.toFixed(0).padStart(5)} kB ${initMs === undefined ? '' : `${initMs.toFixed(0).padStart(6)} ms`}`,
    )
}

process.chdir(join(import.meta.dirname, '..'))
await buildWhatChanged()
const folder = await mkdtemp(join(tmpdir(), 'ai-video-hub-bench-'))
try {
  await comparePipeline(folder)
  await showFunctions()
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.exit()
