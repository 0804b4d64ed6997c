import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('a deployment of prod without FRONTEND_URL is refused: it would let an example origin in', async () => {
  const env = { PATH: process.env.PATH, CDK_OUTDIR: '/nowhere', CDK_CONTEXT_JSON: JSON.stringify({ stage: 'prod' }) }
  const deployment = promisify(execFile)(process.execPath, ['infra/app.ts'], { env })
  await expect(deployment).rejects.toThrow('FRONTEND_URL is not set, and the stage "prod" has no default for it')
})
