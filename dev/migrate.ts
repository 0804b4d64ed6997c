import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { postgresUrl, startPostgres } from '../packages/local-aws/src/engines/postgres.ts'
import { holderOf } from '../packages/local-aws/src/machine/lock.ts'
import { buildWhatChanged } from './fresh-build.ts'
import { DATABASE_NAME } from './hub-stack.ts'
import { loadOperatorVariables, repository, stateDir } from './repository.ts'

type Ports = { postgres: number }

/**
 * The operator's database, the one of a stack that is running, or the local one, started for the
 * occasion.
 */
const openDatabase = async (): Promise<{ url: string; close(): Promise<void> }> => {
  if (process.env.DATABASE_URL) return { url: process.env.DATABASE_URL, close: async () => {} }
  const dataDir = join(stateDir, 'postgres')
  if (!(await holderOf(stateDir))) return startPostgres({ dataDir, database: DATABASE_NAME, port: 0 })
  const { postgres } = JSON.parse(await readFile(join(stateDir, 'ports.json'), 'utf8')) as Ports
  return { url: await postgresUrl(dataDir, postgres, DATABASE_NAME), close: async () => {} }
}

loadOperatorVariables()
await buildWhatChanged()
const { url, close } = await openDatabase()
try {
  Object.assign(process.env, { DATABASE_URL: url, NODE_ENV: process.env.NODE_ENV || 'development' })
  const { handler } = await import(pathToFileURL(join(repository, 'dist/migrate/index.mjs')).href)
  const { applied } = (await handler()) as { applied: string[] }
  console.log(applied.length ? `Applied ${applied.join(', ')}` : 'The database is up to date')
} finally {
  await close()
}
// The function keeps its connection for the next call, which never comes here.
process.exit()
