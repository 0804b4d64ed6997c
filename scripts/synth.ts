import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { STAGE_NAMES } from '../infra/stages.ts'
import { synthesize } from '../infra/synth.ts'
import { build } from './build.ts'

/**
 * `npm run synth [stage …]`: the CloudFormation of every stage, checked. Needs no account, no
 * Docker and no network.
 */
const named = process.argv.slice(2)
const stages = STAGE_NAMES.filter(stage => named.length === 0 || named.includes(stage))
if (!existsSync(join(import.meta.dirname, '../dist/meta.json'))) await build()
for (const stage of stages) {
  const startedAt = performance.now()
  const folder = synthesize({ stage, outDir: `cdk.out/${stage}`, environment: process.env })
  console.log(`${stage.padEnd(6)} ${folder} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
}
