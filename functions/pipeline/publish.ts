import { createQueue } from '../../shared/aws/queue.ts'
import { createRangedReader } from '../../shared/aws/ranged-reader.ts'
import { createS3Client } from '../../shared/aws/s3-client.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import type { MessageOf } from '../../shared/contract/queues.ts'
import type { VideoRow } from '../../shared/db/repositories/videos.ts'
import { findFaults } from '../../shared/domain/playback/find-faults.ts'
import { publishRun } from '../../shared/domain/runs/publish-run.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { createStep } from '../../shared/lambda/create-step.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning } from '../compose/running.ts'

const KEYS = ['EVENTS_QUEUE_URL', 'AWS_S3_BUCKET', 'CLEANUP_QUEUE_URL', 'SUMMARIES_QUEUE_URL'] as const
const config = readConfig(process.env, [...DATABASE_KEYS, ...KEYS])
const log = createLogger('pipeline-publish')
const { sql, transact, sqs } = await connectRunning(config, log)
const client = createS3Client()
const bucket = config.AWS_S3_BUCKET
const storage = createStorage({ client, bucket })
const openReader = (object: { key: string; sizeBytes: number }) =>
  createRangedReader({ client, bucket, ...object })
const cleanup = createQueue<MessageOf<'cleanup'>>({ client: sqs, url: config.CLEANUP_QUEUE_URL })
const summaries = createQueue<MessageOf<'summaries'>>({ client: sqs, url: config.SUMMARIES_QUEUE_URL })
const deps = {
  ...{ sql, transact, head: storage.head, createId },
  findFaults: (video: VideoRow) => findFaults({ sql, storage, openReader }, video),
  cleanup,
  sendSummary: summaries.send,
}

export const handler = createStep({ run: task => publishRun(deps, task), log })
