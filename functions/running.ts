import { SQSClient } from '@aws-sdk/client-sqs'
import { createQueue } from '../shared/aws/queue.ts'
import { createSecretReader } from '../shared/aws/secrets.ts'
import type { Config, DATABASE_KEYS } from '../shared/config/config.ts'
import type { MessageOf } from '../shared/contract/jobs.ts'
import { connectDatabase } from '../shared/db/connect.ts'
import { createTransact } from '../shared/db/transact.ts'
import type { Logger } from '../shared/observability/logger.ts'

/** What every function is composed of that changes videos outside a request: the database, and events that wake the relay. */
export const connectRunning = async (config: Pick<Config, (typeof DATABASE_KEYS)[number] | 'EVENTS_QUEUE_URL'>, log: Logger) => {
  const readSecret = createSecretReader(config)
  const database = await connectDatabase(config, readSecret)
  const sqs = new SQSClient()
  const wake = createWake(sqs, config.EVENTS_QUEUE_URL)
  const transact = createTransact({
    sql: database,
    wake,
    onWakeFailed: (error, userId) => log.warn('Relay was not woken', { userId, error }),
  })
  return { readSecret, database, sql: database, transact, sqs, wake }
}

/** Wakes the relay by a message of the user's own group: one relay at a time works for a user. */
export const createWake = (sqs: SQSClient, url: string) => {
  const events = createQueue<MessageOf<'events'>>({ client: sqs, url })
  return (userId: string, seq: number) => events.send({ userId }, { groupId: userId, deduplicationId: `${userId}-${seq}` })
}
