import { SQSClient } from '@aws-sdk/client-sqs'
import { createSecretReader } from '../shared/aws/secrets.ts'
import type { Config, DATABASE_KEYS } from '../shared/config/config.ts'
import { connectDatabase } from '../shared/db/connect.ts'
import type { Logger } from '../shared/observability/logger.ts'
import { connectTransact } from './transact.ts'

/** What every function is composed of that changes videos outside a request. */
export const connectRunning = async (config: Pick<Config, (typeof DATABASE_KEYS)[number] | 'EVENTS_QUEUE_URL'>, log: Logger) => {
  const readSecret = createSecretReader(config)
  const database = await connectDatabase(config, readSecret)
  const sqs = new SQSClient()
  const transact = connectTransact({ database, sqs, eventsQueueUrl: config.EVENTS_QUEUE_URL, log })
  return { readSecret, database, sql: database, transact, sqs }
}
