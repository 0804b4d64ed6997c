import { createS3Client } from '../../shared/aws/s3-client.ts'
import { createSecretReader } from '../../shared/aws/secrets.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import { queues } from '../../shared/contract/queues.ts'
import { connectDatabase } from '../../shared/db/connect.ts'
import { removeObjects } from '../../shared/domain/cleanup/remove-objects.ts'
import { createWorker } from '../../shared/lambda/create-worker.ts'
import { createLogger } from '../../shared/observability/logger.ts'

const config = readConfig(process.env, [...DATABASE_KEYS, 'AWS_S3_BUCKET'])
const log = createLogger('worker-cleanup')
const sql = await connectDatabase(config, createSecretReader(config))
const storage = createStorage({ client: createS3Client(), bucket: config.AWS_S3_BUCKET })

export const handler = createWorker({
  message: queues.cleanup.message,
  handle: message => removeObjects({ sql, storage }, message),
  log,
})
