import { createRangedReader } from '../../shared/aws/ranged-reader.ts'
import { createS3Client } from '../../shared/aws/s3-client.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import type { PipelineInput } from '../../shared/contract/pipeline.ts'
import { readMediaInfo } from '../../shared/domain/media/media-info.ts'
import { inspectSource } from '../../shared/domain/pipeline/inspect-source.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { createStep } from '../../shared/lambda/create-step.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning } from '../compose/running.ts'

const config = readConfig(process.env, [
  ...DATABASE_KEYS,
  'EVENTS_QUEUE_URL',
  'AWS_S3_BUCKET',
  'LAMBDA_LAYERS_ROOT',
])
const log = createLogger('pipeline-inspect')
const { sql, transact } = await connectRunning(config, log)
const client = createS3Client()
const storage = createStorage({ client, bucket: config.AWS_S3_BUCKET })
const reader = (source: PipelineInput) => createRangedReader({ client, ...source })
const deps = {
  ...{ sql, transact, createId, storage },
  readStart: (source: PipelineInput) => reader(source).read(1024, 0),
  readMediaInfo: (source: PipelineInput) => readMediaInfo(reader(source), config.LAMBDA_LAYERS_ROOT),
}

export const handler = createStep({ run: task => inspectSource(deps, task), log })
