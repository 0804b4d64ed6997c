import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../machine/ports.ts'
import { spawnTied, stopProcess } from '../machine/processes.ts'

export type Redis = { url: string; server: string; close(): Promise<void> }

const executable = (path: string) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Returns the path of a command, or undefined when it is not on PATH. */
export const findOnPath = (name: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(executable)

/**
 * Runs the redis-server or valkey-server of this machine without persistence; undefined when there
 * is none.
 */
export const startRedis = async (o: {
  port: number
  log?: (line: string) => void
}): Promise<Redis | undefined> => {
  const server = ['redis-server', 'valkey-server'].find(findOnPath)
  if (!server) return undefined
  const port = o.port || (await freePort())
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--daemonize',
    'no',
  ]
  const child = spawnTied(server, options, {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    lastSignal: 'TERM',
  })
  await new Promise<void>((ready, fail) => {
    const said: string[] = []
    const read = (line: string) => {
      o.log?.(line)
      said.push(line)
      if (/ready to accept connections/i.test(line)) ready()
    }
    createInterface({ input: child.stdout! }).on('line', read)
    createInterface({ input: child.stderr! }).on('line', read)
    child.once('error', fail)
    child.once('exit', () => fail(new Error(`${server} did not start: ${said.slice(-5).join(' | ')}`)))
  })
  return { url: `redis://127.0.0.1:${port}`, server, close: () => stopProcess(child, 'SIGTERM') }
}
