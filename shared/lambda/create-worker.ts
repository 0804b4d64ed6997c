import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import type * as z from 'zod'
import type { Logger } from '../observability/logger.ts'

export type WorkerOptions<S extends z.ZodType> = {
  message: S
  /**
   * Called once a record; a throw sends only this record back to the queue, and those behind it in
   * its group.
   */
  handle: (message: z.output<S>) => Promise<void>
  log: Logger
  failureMessage?: string
}

/**
 * An SQS handler with partial batch failure. The records of one message group (of a FIFO queue) are
 * handled in their order, groups and all other records side by side. A message that is not of the
 * schema fails like any other and ends in the dead-letter queue.
 */
export const createWorker =
  <S extends z.ZodType>({ message, handle, log, failureMessage = 'Message failed' }: WorkerOptions<S>) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const run = async ({ messageId, body }: SQSRecord): Promise<boolean> => {
      try {
        await handle(message.parse(JSON.parse(body)))
        return true
      } catch (error) {
        log.error(failureMessage, { messageId, error: error as Error })
        return false
      }
    }
    /**
     * The messages of a group that are retried: the first that fails and all behind it, so that
     * their order holds.
     */
    const runGroup = async (records: SQSRecord[]): Promise<SQSRecord[]> => {
      for (const [index, record] of records.entries()) if (!(await run(record))) return records.slice(index)
      return []
    }
    const groups = Map.groupBy(
      event.Records,
      ({ messageId, attributes }) => attributes.MessageGroupId ?? messageId,
    )
    const failed = (await Promise.all([...groups.values()].map(runGroup))).flat()
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }
