import { MediaConvertClient } from '@aws-sdk/client-mediaconvert'
import { SFNClient } from '@aws-sdk/client-sfn'
import { createDirectUploads } from '../../shared/aws/direct-uploads.ts'
import { createQueue } from '../../shared/aws/queue.ts'
import { createS3Client } from '../../shared/aws/s3-client.ts'
import { createStateMachine } from '../../shared/aws/state-machine.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import { createTranscoding } from '../../shared/aws/transcoding.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import type { MessageOf } from '../../shared/contract/queues.ts'
import { sweepEvents } from '../../shared/domain/events/sweep-events.ts'
import { abandonStuckRuns } from '../../shared/domain/runs/abandon-stuck-runs.ts'
import { failLostSummaries } from '../../shared/domain/summaries/fail-lost-summaries.ts'
import { expireUploads } from '../../shared/domain/uploads/expire-uploads.ts'
import { systemClock } from '../../shared/kernel/clock.ts'
import { runParts } from '../../shared/lambda/run-parts.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning, createWake } from '../compose/running.ts'

const KEYS = [
  'EVENTS_QUEUE_URL',
  'AWS_S3_BUCKET',
  'CLEANUP_QUEUE_URL',
  'PIPELINE_ARN',
  'VIDEO_PROCESSING_TIMEOUT',
] as const
const config = readConfig(process.env, [...DATABASE_KEYS, ...KEYS])
const log = createLogger('scheduled-reconcile')
const { sql, transact, sqs } = await connectRunning(config, log)
const s3 = { client: createS3Client(), bucket: config.AWS_S3_BUCKET }
const deps = {
  ...{ sql, transact },
  storage: createStorage(s3),
  directUploads: createDirectUploads(s3),
  cleanup: createQueue<MessageOf<'cleanup'>>({ client: sqs, url: config.CLEANUP_QUEUE_URL }),
  pipeline: createStateMachine({ client: new SFNClient(), arn: config.PIPELINE_ARN }),
  transcoding: createTranscoding({ client: new MediaConvertClient() }),
  wake: createWake(sqs, config.EVENTS_QUEUE_URL),
  now: systemClock,
  timeoutMs: config.VIDEO_PROCESSING_TIMEOUT,
}

const parts = {
  expireUploads: () => expireUploads(deps),
  abandonStuckRuns: () => abandonStuckRuns(deps),
  failLostSummaries: () => failLostSummaries(deps),
  sweepEvents: () => sweepEvents(deps),
}

/** Retries or ends, once a minute, what lost messages and dead processes left undone. */
export const handler = () => runParts(parts, log)
