import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type * as z from 'zod'
import type { Logger } from '../observability/logger.ts'

export type WorkerOptions<S extends z.ZodType> = {
  message: S
  /** Called once a record; a throw sends only this record back to the queue. */
  handle: (message: z.output<S>) => Promise<void>
  /** FIFO queues keep the order of a group: after a failure the rest of the batch goes back, too. */
  fifo: boolean
  log: Logger
  failureMessage?: string
}

/** An SQS handler with partial batch failure. A message that is not of the schema fails like any other and ends in the dead-letter queue. */
export const createWorker =
  <S extends z.ZodType>({ message, handle, fifo, log, failureMessage = 'Message failed' }: WorkerOptions<S>) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failed: string[] = []
    const run = async ({ messageId, body }: SQSEvent['Records'][number]) => {
      try {
        await handle(message.parse(JSON.parse(body)))
      } catch (error) {
        log.error(failureMessage, { messageId, error: error as Error })
        failed.push(messageId)
      }
    }
    if (fifo) {
      for (const record of event.Records) {
        if (failed.length > 0) failed.push(record.messageId)
        else await run(record)
      }
    } else {
      await Promise.all(event.Records.map(run))
    }
    return { batchItemFailures: failed.map(itemIdentifier => ({ itemIdentifier })) }
  }
