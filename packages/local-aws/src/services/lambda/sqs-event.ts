import type { Message } from '@aws-sdk/client-sqs'
import type { SQSEvent, SQSRecord } from 'aws-lambda'

type Attributes = SQSRecord['messageAttributes']

const messageAttributes = (message: Message): Attributes =>
  Object.fromEntries(
    Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue, BinaryValue, DataType }]) => [
      name,
      {
        ...(StringValue === undefined ? {} : { stringValue: StringValue }),
        ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
        stringListValues: [],
        binaryListValues: [],
        dataType: DataType as Attributes[string]['dataType'],
      },
    ]),
  )

/** The event that Lambda makes of received messages. */
export const toSqsEvent = (messages: Message[], queueArn: string): SQSEvent => ({
  Records: messages.map(message => ({
    messageId: message.MessageId!,
    receiptHandle: message.ReceiptHandle!,
    body: message.Body ?? '',
    attributes: { ...message.Attributes } as unknown as SQSRecord['attributes'],
    messageAttributes: messageAttributes(message),
    ...(message.MD5OfMessageAttributes ? { md5OfMessageAttributes: message.MD5OfMessageAttributes } : {}),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3] ?? '',
  })),
})

const failedIdentifiers = (payload: unknown): string[] | undefined => {
  const failures = (payload as { batchItemFailures?: unknown } | null)?.batchItemFailures ?? []
  if (!Array.isArray(failures)) return undefined
  const identifiers = failures.map(failure => failure?.itemIdentifier)
  return identifiers.every(identifier => typeof identifier === 'string') ? identifiers : undefined
}

/**
 * The messages that a function's answer declares done. An answer with an identifier that is not in
 * the batch counts as a failure of the whole batch. Of a FIFO queue, the messages behind a failed
 * one of the same group stay too, so that their order holds.
 */
export const processedMessages = (messages: Message[], payload: unknown): Message[] => {
  const failed = failedIdentifiers(payload)
  if (!failed?.every(identifier => messages.some(message => message.MessageId === identifier))) return []
  const blocked = new Set<string>()
  return messages.filter(message => {
    const group = message.Attributes?.MessageGroupId
    if (failed.includes(message.MessageId!)) {
      if (group) blocked.add(group)
      return false
    }
    return !(group && blocked.has(group))
  })
}
