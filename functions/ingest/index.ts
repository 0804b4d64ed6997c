import { SFNClient } from '@aws-sdk/client-sfn'
import { createQueue } from '../../shared/aws/queue.ts'
import { createS3Client } from '../../shared/aws/s3-client.ts'
import { createStateMachine } from '../../shared/aws/state-machine.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import { type MessageOf, queues } from '../../shared/contract/queues.ts'
import { removeLateProduct } from '../../shared/domain/cleanup/remove-late-product.ts'
import { acceptObject, createdKeys } from '../../shared/domain/uploads/accept-object.ts'
import { parseProductKey } from '../../shared/kernel/object-keys.ts'
import { createWorker } from '../../shared/lambda/create-worker.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning } from '../compose/running.ts'

const config = readConfig(process.env, [
  ...DATABASE_KEYS,
  'EVENTS_QUEUE_URL',
  'AWS_S3_BUCKET',
  'PIPELINE_ARN',
  'CLEANUP_QUEUE_URL',
])
const log = createLogger('ingest')
const { sql, transact, sqs } = await connectRunning(config, log)
const deps = {
  ...{ sql, transact },
  storage: createStorage({ client: createS3Client(), bucket: config.AWS_S3_BUCKET }),
  cleanup: createQueue<MessageOf<'cleanup'>>({ client: sqs, url: config.CLEANUP_QUEUE_URL }),
  pipeline: createStateMachine({ client: new SFNClient(), arn: config.PIPELINE_ARN }),
}

export const handler = createWorker({
  message: queues.ingest.message,
  handle: async message => {
    for (const key of createdKeys(message)) {
      const product = parseProductKey(key)
      const outcome = product
        ? await removeLateProduct(deps, { key, ...product })
        : await acceptObject(deps, { key })
      log.info('Object landed', { key, outcome })
    }
  },
  log,
})
