import { randomBytes } from 'node:crypto'
import type { TestProject } from 'vitest/node'
import { freePort } from '../../packages/local-aws/src/machine/ports.ts'
import type { LocalStack } from '../../packages/local-aws/src/stack/stack.ts'
import { createHubPlace } from './hub-place.ts'

/** The addresses of the tests' hub, and an operator's credentials for it. */
export type Hub = Pick<
  LocalStack,
  'restUrl' | 'webSocketUrl' | 's3Url' | 'databaseUrl' | 'redisUrl' | 'operator' | 'endpoints'
> & {
  /** The only page of localhost that may call. Nobody serves it until a test does. */
  pageOrigin: string
  jwtSecret: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    hub: Hub
  }
}

/** A whole hub of its own in a new folder. */
export const startHub = async (
  variables: Record<string, string> = {},
): Promise<Hub & { close(): Promise<void> }> => {
  const place = await createHubPlace()
  const pageOrigin = `http://localhost:${await freePort()}`
  const jwtSecret = randomBytes(32).toString('hex')
  const stack = await place.start({
    // The hub's own page plays from its own address.
    FRONTEND_URL: `http://localhost:3000,${pageOrigin},http://127.0.0.1:*`,
    JWT_SECRET: jwtSecret,
    ...variables,
  })
  const { restUrl, webSocketUrl, s3Url, databaseUrl, redisUrl, endpoints } = stack
  const { accessKeyId, secretAccessKey } = stack.operator
  return {
    ...{ restUrl, webSocketUrl, s3Url, databaseUrl, redisUrl, endpoints, pageOrigin, jwtSecret },
    operator: { accessKeyId, secretAccessKey },
    close: async () => {
      await stack.close()
      await place.remove()
    },
  }
}

/** One hub for all stories. */
export default async (project: TestProject) => {
  const { close, ...hub } = await startHub()
  project.provide('hub', hub)
  return close
}
