import { isStageName, stageSettings } from './stages.ts'
import { createApp } from './synth.ts'

/** The CDK CLI's entry: `cdk deploy -c stage=dev --all`, or STAGE=dev. */
const contextOfCli = JSON.parse(process.env.CDK_CONTEXT_JSON ?? '{}')
const stage = contextOfCli.stage ?? process.env.STAGE ?? 'dev'
if (!isStageName(stage) || stage === 'local')
  throw new Error(`There is no stage "${stage}"; give -c stage=dev or -c stage=prod`)

for (const name of stageSettings(stage, process.env).mustBeSet)
  if (!process.env[name])
    throw new Error(
      `${name} is not set, and the stage "${stage}" has no default for it: see docs/deployment.md, Variables`,
    )

createApp({ stage, outDir: process.env.CDK_OUTDIR ?? `cdk.out/${stage}`, environment: process.env }).synth()
