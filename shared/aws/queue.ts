import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'

export type Queue<M> = ReturnType<typeof createQueue<M>>

/**
 * Sends JSON messages to one queue. FIFO queues need a group; equal deduplication ids within 5
 * minutes are one message.
 */
export const createQueue = <M>({ client, url }: { client: SQSClient; url: string }) => ({
  send: async (
    message: M,
    options: { groupId?: string; deduplicationId?: string; delaySeconds?: number } = {},
  ): Promise<void> => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: JSON.stringify(message),
        MessageGroupId: options.groupId,
        MessageDeduplicationId: options.deduplicationId,
        DelaySeconds: options.delaySeconds,
      }),
    )
  },
})
