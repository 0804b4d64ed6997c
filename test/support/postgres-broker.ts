import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startPostgres } from '../../packages/local-aws/src/engines/postgres.ts'
import { createDatabase } from '../../shared/db/client.ts'
import { migrate } from '../../shared/db/migrate.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresBroker: string
  }
}

export type Server = { url: string; template: string }

const migrationsFolder = join(import.meta.dirname, '../../shared/db/migrations')

export const withDatabase = (url: string, database: string): string =>
  Object.assign(new URL(url), { pathname: `/${database}` }).href

const startServer = async (): Promise<{ url: string; close(): Promise<void> }> => {
  const given = process.env.TEST_DATABASE_URL
  if (given) return { url: given, close: async () => {} }
  const dataDir = await mkdtemp(join(tmpdir(), 'ai-video-hub-test-postgres-'))
  const server = await startPostgres({ dataDir, database: 'ai_video_hub', port: 0, durable: false })
  return {
    url: server.url,
    close: async () => {
      await server.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

const runSql = async (url: string, statement: string): Promise<void> => {
  const admin = createDatabase({ url, maxConnections: 1 })
  await admin.unsafe(statement).finally(() => admin.end())
}

/**
 * One Postgres for all test files of a project, with a migrated template database; it starts when
 * the first of them asks.
 */
export default async (project: TestProject) => {
  const template = `hub_template_${randomUUID().slice(0, 8)}`
  let started: Promise<{ url: string; close(): Promise<void> }> | undefined
  const start = async () => {
    const server = await startServer()
    await runSql(server.url, `CREATE DATABASE ${template}`)
    const database = createDatabase({ url: withDatabase(server.url, template), maxConnections: 1 })
    await migrate(database, migrationsFolder).finally(() => database.end())
    return server
  }

  const broker = createServer(async (_request, response) => {
    started ??= start()
    try {
      const { url } = await started
      response.end(JSON.stringify({ url, template } satisfies Server))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  await new Promise<void>(done => broker.listen(0, '127.0.0.1', done))
  project.provide('postgresBroker', `http://127.0.0.1:${(broker.address() as AddressInfo).port}`)

  return async () => {
    broker.close()
    const server = await started?.catch(() => undefined)
    if (!server) return
    await runSql(server.url, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`)
    await server.close()
  }
}
