import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/**
 * Starts a program as the scripts of package.json start the hub; the program prints its pid and its
 * last signal.
 */
const startProgram = async (...command: string[]) => {
  const folder = await mkdtemp(join(tmpdir(), 'signals-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const script = join(folder, 'program.mjs')
  await writeFile(
    script,
    `for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { console.log(signal); process.exit(0) })
     setInterval(() => {}, 1000)
     console.log(process.pid)`,
  )
  const [program = '', ...args] = command.map(word => word.replace('PROGRAM', relative('.', script)))
  const started = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: started.stdout! })[Symbol.asyncIterator]()
  const pid = Number((await lines.next()).value)
  return { started, pid, lastLine: async () => (await lines.next()).value }
}

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s sent to the set-up: the program that it runs gets it',
  async signal => {
    const { started, pid, lastLine } = await startProgram('node', 'scripts/setup.mjs', '--run', 'PROGRAM')
    started.kill(signal)
    expect(await lastLine()).toBe(signal)
    await expect.poll(() => isAlive(pid)).toBe(false)
  },
)

it('npm ends by a signal that it does not pass on: the program behind it ends too', async () => {
  const { started, pid, lastLine } = await startProgram(
    'sh',
    '-c',
    'node scripts/setup.mjs --run PROGRAM; exit',
  )
  started.kill('SIGTERM')
  expect(await lastLine()).toBe('SIGTERM')
  await expect.poll(() => isAlive(pid)).toBe(false)
})
