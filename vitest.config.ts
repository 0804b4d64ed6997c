import { defineConfig } from 'vitest/config'

type Options = {
  include?: string[]
  testTimeout?: number
  hookTimeout?: number
  fileParallelism?: boolean
  globalSetup?: string[]
  expect?: { poll: { timeout: number } }
}

const project = (name: string, options: Options = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: 20_000,
    hookTimeout: 120_000,
    ...options,
  },
})

// Stories wait for what other processes do.
const stories: Options = {
  testTimeout: 240_000,
  hookTimeout: 240_000,
  fileParallelism: false,
  expect: { poll: { timeout: 30_000 } },
}

// Postgres starts when the first test file of a project asks for a database.
const globalSetup = ['test/support/postgres-broker.ts']

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('unit', { globalSetup }),
      project('architecture'),
      project('infra', { testTimeout: 120_000 }),
      project('local-aws', { testTimeout: 120_000, include: ['packages/local-aws/test/**/*.test.ts'] }),
      project('api', { testTimeout: 60_000, globalSetup }),
      project('pipeline', { testTimeout: 120_000, globalSetup }),
      project('e2e', { ...stories, globalSetup: ['test/support/hub-stack.ts'] }),
    ],
  },
})
