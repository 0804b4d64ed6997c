import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAlive } from '../src/machine/processes.ts'
import { type Ecs, startEcs } from '../src/services/ecs/server.ts'

// Tells what it was given, then does as MODE says; `linger` leaves a grandchild in a process group
// of its own, as FFmpeg is.
const container = `
import { spawn } from 'node:child_process'
import { openSync, writeFileSync } from 'node:fs'
const { MODE, NOTE, COLOUR, AWS_ACCESS_KEY_ID, HOME } = process.env
const child = MODE === 'linger'
  ? spawn('sleep', ['60'], { detached: true, stdio: ['ignore', openSync('product.mp4', 'w'), 'ignore'], cwd: '/' }).pid
  : undefined
writeFileSync(NOTE, JSON.stringify({ COLOUR, AWS_ACCESS_KEY_ID, HOME, pid: process.pid, child }))
if (MODE === 'refuse') process.exit(20)
if (MODE === 'linger') { process.on('SIGTERM', () => {}); setInterval(() => {}, 1000) }
`

let folder: string
let ecs: Ecs
let arn: string

const run = (mode: string, signal = new AbortController().signal) =>
  ecs.run(
    {
      TaskDefinition: arn,
      Overrides: {
        ContainerOverrides: [
          {
            Name: 'task',
            Environment: [
              { Name: 'MODE', Value: mode },
              { Name: 'NOTE', Value: join(folder, mode) },
            ],
          },
        ],
      },
    },
    signal,
  )
const note = async (mode: string) =>
  JSON.parse(await readFile(join(folder, mode), 'utf8').catch(() => 'null'))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tasks-'))
  await mkdir(join(folder, 'dist'))
  await writeFile(join(folder, 'dist/task.mjs'), container)
  ecs = await startEcs({
    stateDir: folder,
    region: 'us-east-1',
    account: '000000000000',
    entryOf: name => join(folder, `dist/${name}.mjs`),
    environmentFor: roleName => ({ AWS_ACCESS_KEY_ID: `key of ${roleName}` }),
    log: () => {},
  })
  arn = ecs.register({
    family: 'family',
    roleName: 'role',
    containers: [{ name: 'task', environment: { COLOUR: 'blue' } }],
  })
})
afterAll(async () => {
  await ecs.close()
  await rm(folder, { recursive: true, force: true })
})

describe('an ECS task on this machine', () => {
  test('runs with its own variables, the role’s key and a home that is gone afterwards', async () => {
    const task = await run('succeed')
    expect(task.Containers).toEqual([{ Name: 'task', ExitCode: 0 }])
    expect(await note('succeed')).toMatchObject({ COLOUR: 'blue', AWS_ACCESS_KEY_ID: 'key of role' })
    expect(await readdir(join(folder, 'tasks'))).toEqual([])
  })

  test('tells its exit code', async () => {
    expect((await run('refuse')).Containers).toEqual([{ Name: 'task', ExitCode: 20 }])
  })

  test.runIf(process.platform === 'linux')('ends with everything that it has started', async () => {
    const abort = new AbortController()
    const running = run('linger', abort.signal)
    await expect.poll(() => note('linger')).not.toBeNull()
    const { pid, child } = await note('linger')
    abort.abort()
    expect((await running).Containers[0]).toMatchObject({ ExitCode: 137 })
    expect(isAlive(pid)).toBe(false)
    await expect.poll(() => isAlive(child)).toBe(false)
  })
})
