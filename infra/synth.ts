import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { App, Tags } from 'aws-cdk-lib'
import { acknowledgeFindings, addRulePacks } from './nag.ts'
import { ApiStack } from './stacks/api-stack.ts'
import { DataStack } from './stacks/data-stack.ts'
import { MediaStack } from './stacks/media-stack.ts'
import { MigrationsStack } from './stacks/migrations-stack.ts'
import { NetworkStack } from './stacks/network-stack.ts'
import { OperationsStack } from './stacks/operations-stack.ts'
import { type StageName, stageSettings } from './stages.ts'

const root = resolve(import.meta.dirname, '..')

export type SynthesisOptions = {
  stage: StageName
  /** The folder of the assembly. Absent: the one that the CDK CLI names. */
  outDir?: string
  /** The built functions. @default `dist` of the repository */
  distDir?: string
  /** The build context of the media task's image. @default the repository */
  contextDir?: string
  /**
   * The operator's variables, such as FRONTEND_URL; they win over the settings of the stage.
   * @default none
   */
  environment?: Record<string, string | undefined>
  /**
   * `in-place` leaves bundles where they are, so that a rebuilt one is picked up; `copied` makes
   * the assembly self-contained. @default 'copied'
   */
  assets?: 'copied' | 'in-place'
  /**
   * `full`: CDK's template validation and the cdk-nag rule packs, some ten seconds. `none` is for a
   * stack that a test has checked. @default 'full'
   */
  checks?: 'full' | 'none'
}

/** The app of one stage with all its stacks, not yet synthesized. */
export const createApp = ({
  stage,
  outDir,
  distDir,
  contextDir,
  environment = {},
  assets = 'copied',
  checks = 'full',
}: SynthesisOptions): App => {
  const app = new App({
    outdir: outDir,
    analyticsReporting: false,
    builtinCloudFormationValidation: checks === 'full',
    context: {
      ...JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')).context,
      // The local deployment finds the bundle of a function by this metadata.
      'aws:cdk:enable-asset-metadata': true,
      'aws:cdk:disable-asset-staging': assets === 'in-place',
    },
  })
  const settings = stageSettings(stage, environment)
  const prefix = `ai-video-hub-${stage}`
  const stackProps = (name: string, description: string) => ({
    stackName: `${prefix}-${name}`,
    description: `AI Video Hub: ${description}`,
    terminationProtection: settings.deletionProtection,
  })
  const network = new NetworkStack(app, `${prefix}-network`, {
    ...stackProps('network', 'private network'),
    prefix,
    settings,
  })
  const data = new DataStack(app, `${prefix}-data`, {
    ...stackProps('data', 'database, cache, files, queues and secrets'),
    prefix,
    settings,
    distDir: resolve(root, distDir ?? 'dist'),
    network,
  })
  const migrations = new MigrationsStack(app, `${prefix}-migrations`, {
    ...stackProps('migrations', 'schema of the database'),
    foundation: data.foundation,
  })
  migrations.addStackDependency(data, 'A proxy without a ready database refuses connections')
  const media = new MediaStack(app, `${prefix}-media`, {
    ...stackProps('media', 'processing'),
    foundation: data.foundation,
    contextDir: contextDir ?? root,
  })
  const api = new ApiStack(app, `${prefix}-api`, {
    ...stackProps('api', 'REST and WebSocket'),
    foundation: data.foundation,
  })
  const operations = new OperationsStack(app, `${prefix}-operations`, {
    ...stackProps('operations', 'alarms'),
    data,
    media,
    api,
  })
  for (const stack of [media, api])
    stack.addStackDependency(migrations, 'No function meets a schema older than itself')
  for (const stack of [network, data, migrations, media, api, operations])
    Tags.of(stack).add('application', prefix)
  if (checks === 'full') addRulePacks(app)
  acknowledgeFindings(app, prefix)
  return app
}

/**
 * Synthesizes one stage, without account, Docker or network, and returns the assembly's folder.
 * Throws when a check finds anything.
 */
export const synthesize = (options: SynthesisOptions & { outDir: string }): string =>
  createApp(options).synth().directory
