import { join, resolve } from 'node:path'
import { type LocalStack, type StackOptions, startStack } from '../packages/local-aws/src/stack/stack.ts'
import { repository } from './repository.ts'
import { synthesizeLocally } from './synthesis.ts'

export type HubStackOptions = Omit<
  StackOptions,
  'distDir' | 'assembly' | 'database' | 'overrides' | 'modelKeySecret'
>

/** The name of the hub's database, as in the template. */
export const DATABASE_NAME = 'ai_video_hub'

/** The variables that an operator may set for the functions; see .env.example. */
export const OPERATOR_VARIABLES = [
  'JWT_SECRET',
  'JWT_REFRESH_SECRET',
  'JWT_EXPIRES_IN',
  'JWT_REFRESH_EXPIRES_IN',
  'FRONTEND_URL',
  'MAX_CONCURRENT_JOBS',
  'VIDEO_PROCESSING_TIMEOUT',
  'OPENAI_CHAT_MODEL',
  'LOG_LEVEL',
  'POWERTOOLS_LOG_LEVEL',
]

/** Starts the hub from the bundles in `dist`: its CDK app (stage `local`) on the local AWS. */
export const startHubStack = (o: HubStackOptions): Promise<LocalStack> => {
  const distDir = join(repository, 'dist')
  const { environment } = o
  return startStack({
    ...o,
    distDir,
    assembly: synthesizeLocally({ outDir: join(resolve(o.stateDir), 'cdk.out'), distDir, environment }),
    database: DATABASE_NAME,
    overrides: OPERATOR_VARIABLES,
    modelKeySecret: 'ai-video-hub-local/openai',
  })
}
