import { randomInt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'

const tryPort = (port: number): Promise<number | undefined> =>
  new Promise(done => {
    const server = createServer()
    server.once('error', () => done(undefined))
    server.listen(port, '127.0.0.1', () => {
      const taken = (server.address() as AddressInfo).port
      server.close(() => done(taken))
    })
  })

/**
 * Below the ports that Linux gives to outgoing connections (32768 and above): one of those could be
 * taken by a connection before its server listens.
 */
const FIRST_PORT = 20_000
const PORT_AFTER_LAST = 32_768

/** Returns a port of 127.0.0.1 that is free at this moment. */
export const freePort = async (): Promise<number> =>
  (await tryPort(randomInt(FIRST_PORT, PORT_AFTER_LAST))) ?? freePort()

/** Ports by name that stay the same from start to start, unless another program has taken them. */
export const rememberedPorts = async <Name extends string>(
  stateDir: string,
  names: readonly Name[],
): Promise<Record<Name, number>> => {
  const file = join(stateDir, 'ports.json')
  const known = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Partial<Record<Name, number>>
  const ports = {} as Record<Name, number>
  for (const name of names) ports[name] = (known[name] && (await tryPort(known[name]))) || (await freePort())
  await writeFile(file, JSON.stringify(ports, null, 2))
  return ports
}
