import { defineConfig } from 'vitest/config'

const project = (name: string, options: { testTimeout?: number; fileParallelism?: boolean; globalSetup?: string[] } = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: 20_000, hookTimeout: 120_000, ...options },
})

// Postgres starts when the first test file of a project asks for a database.
const globalSetup = ['test/support/postgres-broker.ts']

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('unit', { globalSetup }),
      project('architecture'),
      project('infra', { testTimeout: 120_000 }),
      project('api', { testTimeout: 60_000, globalSetup }),
      project('pipeline', { testTimeout: 120_000, globalSetup }),
      project('e2e', { testTimeout: 240_000, fileParallelism: false, globalSetup: ['test/support/hub-stack.ts'] }),
    ],
  },
})
