import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildWhatChanged } from '../../dev/fresh-build.ts'
import { startHubStack } from '../../dev/hub-stack.ts'
import { removePostgres } from '../../packages/local-aws/src/engines/postgres.ts'
import { freePort } from '../../packages/local-aws/src/machine/ports.ts'
import { spawnTied } from '../../packages/local-aws/src/machine/processes.ts'

type Variables = Record<string, string>

/**
 * Keeps the folder and the addresses of a hub that is stopped and started again. Of this machine's
 * variables only what processes need is handed on.
 */
export const createHubPlace = async () => {
  await buildWhatChanged()
  const stateDir = await mkdtemp(join(tmpdir(), 'ai-video-hub-e2e-'))
  const [restPort, webSocketPort] = [await freePort(), await freePort()]
  const ports = { restPort, webSocketPort }
  const environmentOf = (variables: Variables) => {
    const { PATH, HOME, TMPDIR } = process.env
    return { PATH, HOME, TMPDIR, NODE_ENV: 'test', ...variables }
  }

  return {
    stateDir,
    restUrl: `http://127.0.0.1:${restPort}/api`,
    webSocketUrl: `ws://127.0.0.1:${webSocketPort}/ws`,

    start: (variables: Variables = {}) =>
      startHubStack({ stateDir, ...ports, environment: environmentOf(variables) }),

    /** The hub as a process of its own, which can be killed. */
    startProcess: async (variables: Variables = {}) => {
      const script = join(import.meta.dirname, 'hub-process.ts')
      const child = spawnTied(process.execPath, [script, stateDir, JSON.stringify(ports)], {
        env: environmentOf(variables),
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [line] = await once(createInterface({ input: child.stdout! }), 'line')
      if (line !== 'ready') throw new Error(`the hub did not start: ${line}`)
      return { pid: child.pid!, ended: once(child, 'exit') }
    },

    remove: async () => {
      await removePostgres(join(stateDir, 'postgres'))
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}
