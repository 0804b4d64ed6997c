import { SFNClient } from '@aws-sdk/client-sfn'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createDirectUploads } from '../../shared/aws/direct-uploads.ts'
import { createQueue } from '../../shared/aws/queue.ts'
import { createS3Client } from '../../shared/aws/s3-client.ts'
import { createStateMachine } from '../../shared/aws/state-machine.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import { readConfig, SIGNED_IN_KEYS } from '../../shared/config/config.ts'
import type { MessageOf } from '../../shared/contract/queues.ts'
import { videosRoutes } from '../../shared/contract/videos.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { createApi } from '../../shared/lambda/http/create-api.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectPlayback } from '../compose/playback.ts'
import { connectTransact, createWake } from '../compose/running.ts'
import { connectSignedIn } from '../compose/signed-in.ts'
import { createVideosApp } from './app.ts'

const config = readConfig(process.env, [
  ...SIGNED_IN_KEYS,
  'AWS_S3_BUCKET',
  'EVENTS_QUEUE_URL',
  'CLEANUP_QUEUE_URL',
  'PUBLIC_BASE_URL',
  'PIPELINE_ARN',
])
const log = createLogger('videos')
const { sql, authSecrets, authenticate } = await connectSignedIn(config, log)
const sqs = new SQSClient()
const s3 = { client: createS3Client(), bucket: config.AWS_S3_BUCKET }

const implementations = createVideosApp({
  ...{ sql, createId, log },
  ...connectPlayback(authSecrets),
  transact: connectTransact(sql, createWake(sqs, config.EVENTS_QUEUE_URL), log),
  storage: createStorage(s3),
  directUploads: createDirectUploads(s3),
  cleanup: createQueue<MessageOf<'cleanup'>>({ client: sqs, url: config.CLEANUP_QUEUE_URL }),
  pipeline: createStateMachine({ client: new SFNClient(), arn: config.PIPELINE_ARN }),
  transcoding: { cancel: async jobId => (await import('../compose/cancel-transcoding.ts')).cancel(jobId) },
})

export const handler = createApi({
  routes: videosRoutes,
  implementations,
  authenticate,
  allowedOrigins: config.FRONTEND_URL,
  publicBaseUrl: config.PUBLIC_BASE_URL,
  log,
})
