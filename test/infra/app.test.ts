import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const deployment = (stage: string, variables: Record<string, string> = {}) => {
  const env = {
    PATH: process.env.PATH,
    CDK_OUTDIR: '/nowhere',
    CDK_CONTEXT_JSON: JSON.stringify({ stage }),
    ...variables,
  }
  return promisify(execFile)(process.execPath, ['infra/app.ts'], { env })
}

it('a deployment of prod without FRONTEND_URL is refused: it would let an example origin in', async () => {
  await expect(deployment('prod')).rejects.toThrow(
    'FRONTEND_URL is not set, and the stage "prod" has no default for it',
  )
})

it('a deployment without AVAILABILITY_ZONES is refused: RDS Proxy is missing in some zones', async () => {
  await expect(deployment('dev')).rejects.toThrow(
    'AVAILABILITY_ZONES is not set, and the stage "dev" has no default for it',
  )
})

it('a deployment of the stage local is refused: its sizes are those of one machine', async () => {
  await expect(deployment('local')).rejects.toThrow('There is no stage "local"')
})
