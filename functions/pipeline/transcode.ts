import { MediaConvertClient } from '@aws-sdk/client-mediaconvert'
import { createTranscoding } from '../../shared/aws/transcoding.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import { checkTranscoding, startTranscoding } from '../../shared/domain/pipeline/transcode-video.ts'
import { createStep } from '../../shared/lambda/create-step.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning } from '../compose/running.ts'

const KEYS = ['EVENTS_QUEUE_URL', 'AWS_S3_BUCKET', 'MEDIACONVERT_ROLE_ARN', 'MEDIACONVERT_QUEUE_ARN'] as const
const config = readConfig(process.env, [...DATABASE_KEYS, ...KEYS])
const log = createLogger('pipeline-transcode')
const { sql, transact } = await connectRunning(config, log)
const account = { roleArn: config.MEDIACONVERT_ROLE_ARN, queueArn: config.MEDIACONVERT_QUEUE_ARN }
const transcoding = createTranscoding({ client: new MediaConvertClient(), ...account })
const deps = { sql, transact, transcoding, bucket: config.AWS_S3_BUCKET }

export const handler = createStep({
  run: task => (task.action === 'start' ? startTranscoding(deps, task) : checkTranscoding(deps, task)),
  log,
})
