import { SQSClient } from '@aws-sdk/client-sqs'
import { createQueue } from '../../shared/aws/queue.ts'
import { createSecretReader } from '../../shared/aws/secrets.ts'
import type { Config, DATABASE_KEYS } from '../../shared/config/config.ts'
import type { MessageOf } from '../../shared/contract/queues.ts'
import type { Database } from '../../shared/db/client.ts'
import { connectDatabase } from '../../shared/db/connect.ts'
import { createTransact, type Transact, type Wake } from '../../shared/db/transact.ts'
import { createId } from '../../shared/kernel/ids.ts'
import type { Logger } from '../../shared/observability/logger.ts'

/** Wakes the relay by a message of the user's own group: one relay at a time works for a user. */
export const createWake = (sqs: SQSClient, url: string): Wake => {
  const events = createQueue<MessageOf<'events'>>({ client: sqs, url })
  return (userId, mark) => events.send({ userId }, { groupId: userId, deduplicationId: `${userId}-${mark}` })
}

/** Wakes the relay although no new event has a number of its own. */
export const createWakeAnyway = (sqs: SQSClient, url: string): ((userId: string) => Promise<void>) => {
  const wake = createWake(sqs, url)
  return userId => wake(userId, createId())
}

/**
 * Transactions whose events wake the relay. A wake that fails is made up for by the next event or
 * the next sweep.
 */
export const connectTransact = (sql: Database, wake: Wake, log: Logger): Transact =>
  createTransact({
    sql,
    wake,
    onWakeFailed: (error, userId) => log.warn('The relay was not woken', { userId, error }),
  })

/** Connects all that a function needs which changes videos outside a request. */
export const connectRunning = async (
  config: Pick<Config, (typeof DATABASE_KEYS)[number] | 'EVENTS_QUEUE_URL'>,
  log: Logger,
) => {
  const readSecret = createSecretReader(config)
  const sql = await connectDatabase(config, readSecret)
  const sqs = new SQSClient()
  const transact = connectTransact(sql, createWake(sqs, config.EVENTS_QUEUE_URL), log)
  return { readSecret, sql, transact, sqs }
}
