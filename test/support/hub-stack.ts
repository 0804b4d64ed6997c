import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { buildWhatChanged } from '../../local/fresh-build.ts'
import { freePort } from '../../local/ports.ts'
import { removePostgres } from '../../local/services/postgres.ts'
import { type LocalStack, startStack } from '../../local/stack.ts'

/** Where the hub of the tests is reached, and what an operator knows about it. */
export type Hub = Pick<LocalStack, 'restUrl' | 'webSocketUrl' | 's3Url' | 'databaseUrl' | 'redisUrl' | 'operator' | 'endpoints'> & {
  /** The only page that may call from another origin. Nobody serves it until a test does. */
  pageOrigin: string
  jwtSecret: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    hub: Hub
  }
}

/** A whole hub of its own in a new folder. Of the variables of this machine only what it takes to run processes is handed on. */
export const startHub = async (environment: Record<string, string> = {}): Promise<Hub & { close(): Promise<void> }> => {
  await buildWhatChanged()
  const stateDir = await mkdtemp(join(tmpdir(), 'ai-video-hub-e2e-'))
  const pageOrigin = `http://localhost:${await freePort()}`
  const jwtSecret = randomBytes(32).toString('hex')
  const { PATH, HOME, TMPDIR } = process.env
  const own = { NODE_ENV: 'test', FRONTEND_URL: `http://localhost:3000,${pageOrigin}`, JWT_SECRET: jwtSecret, ...environment }
  const stack = await startStack({ stage: 'local', stateDir, restPort: 0, webSocketPort: 0, environment: { PATH, HOME, TMPDIR, ...own } })
  const { restUrl, webSocketUrl, s3Url, databaseUrl, redisUrl, endpoints } = stack
  const { accessKeyId, secretAccessKey } = stack.operator
  return {
    ...{ restUrl, webSocketUrl, s3Url, databaseUrl, redisUrl, endpoints, pageOrigin, jwtSecret },
    operator: { accessKeyId, secretAccessKey },
    close: async () => {
      await stack.close()
      await removePostgres(join(stateDir, 'postgres'))
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

/** One hub for all stories. */
export default async (project: TestProject) => {
  const { close, ...hub } = await startHub()
  project.provide('hub', hub)
  return close
}
