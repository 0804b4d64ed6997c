import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type FauxqsServer, startFauxqs } from 'fauxqs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startEventSource } from '../src/services/lambda/event-source.ts'
import { processedMessages } from '../src/services/lambda/sqs-event.ts'
import { startTinyFunctions, type TinyFunctions } from './support/tiny-functions.ts'

describe('an event source', () => {
  let functions: TinyFunctions
  let server: FauxqsServer
  let sqs: SQSClient
  const region = 'us-east-1'

  beforeAll(async () => {
    functions = await startTinyFunctions()
    server = await startFauxqs({ port: 0, logger: false })
    const endpoint = `http://127.0.0.1:${server.port}`
    sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
  })
  afterAll(async () => {
    sqs.destroy()
    await functions.close()
    await server.stop()
  })

  /**
   * A queue whose function is `source`; what the function returns is collected, each with the
   * bodies it was given.
   */
  const connect = async (
    name: string,
    source: string,
    o: {
      attributes?: Record<string, string>
      batchSize?: number
      maximumConcurrency?: number
      send: (queueUrl: string) => Promise<unknown>
    },
  ) => {
    const { queueArn } = server.createQueue(name, { attributes: { VisibilityTimeout: '1', ...o.attributes } })
    const queueUrl = `http://127.0.0.1:${server.port}/000000000000/${name}`
    await o.send(queueUrl)
    const functionName = name.replace('.', '-')
    await functions.define(functionName, source, { concurrency: 10 })
    const batches: string[][] = []
    const events: object[] = []
    let together = 0
    let mostTogether = 0
    const eventSource = startEventSource({
      sqs,
      queueUrl,
      queueArn,
      batchSize: o.batchSize ?? 10,
      maximumConcurrency: o.maximumConcurrency,
      reportBatchItemFailures: true,
      log: () => undefined,
      invoke: async event => {
        batches.push(event.Records.map(record => record.body))
        events.push(event)
        mostTogether = Math.max(mostTogether, ++together)
        const result = await functions.lambda.invoke(functionName, event)
        together--
        return result
      },
    })
    const left = () => {
      const { ready, inflight } = server.inspectQueue(name)!.messages
      return [...ready, ...inflight.map(({ message }) => message)].map(message => message.body)
    }
    return { eventSource, batches, events, left, most: () => mostTogether }
  }
  const many = (bodies: string[], groups?: string[]) => (QueueUrl: string) =>
    sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: bodies.map((MessageBody, n) => ({
          Id: String(n),
          MessageBody,
          ...(groups ? { MessageGroupId: groups[n], MessageDeduplicationId: String(n) } : {}),
        })),
      }),
    )

  test('hands over the event that Lambda would', async () => {
    const MessageAttributes = {
      kind: { DataType: 'String', StringValue: 'wake' },
      raw: { DataType: 'Binary', BinaryValue: Buffer.from('abc') },
    }
    const { eventSource, events, left } = await connect(
      'shape',
      'export const handler = async () => undefined',
      {
        send: QueueUrl =>
          sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello', MessageAttributes })),
      },
    )
    await vi.waitFor(() => expect(events).toHaveLength(1), 10_000)
    expect(events[0]).toEqual({
      Records: [
        {
          messageId: expect.any(String),
          receiptHandle: expect.any(String),
          body: 'hello',
          attributes: expect.objectContaining({
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
          }),
          messageAttributes: {
            kind: { stringValue: 'wake', stringListValues: [], binaryListValues: [], dataType: 'String' },
            raw: { binaryValue: 'YWJj', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
          },
          md5OfMessageAttributes: expect.any(String),
          md5OfBody: '5d41402abc4b2a76b9719d911017c592',
          eventSource: 'aws:sqs',
          eventSourceARN: `arn:aws:sqs:${region}:000000000000:shape`,
          awsRegion: region,
        },
      ],
    })
    await vi.waitFor(() => expect(left()).toEqual([]), 10_000)
    await eventSource.close()
  })

  test('gives only the failed messages again, and the queue moves them to its dead-letter queue', async () => {
    const dead = server.createQueue('dead')
    const { eventSource, batches, left } = await connect(
      'partial',
      `export const handler = async ({ Records }) =>
         ({ batchItemFailures: Records.filter(r => r.body.startsWith('bad')).map(r => ({ itemIdentifier: r.messageId })) })`,
      {
        attributes: {
          RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.queueArn, maxReceiveCount: 2 }),
        },
        send: many(['good 1', 'bad', 'good 2']),
      },
    )
    await vi.waitFor(
      () => expect(server.inspectQueue('dead')!.messages.ready.map(message => message.body)).toEqual(['bad']),
      10_000,
    )
    expect(batches.flat().sort()).toEqual(['bad', 'bad', 'good 1', 'good 2'])
    expect(left()).toEqual([])
    await eventSource.close()
  })

  test.each([
    ['throws', 'export const handler = async () => { throw new Error("down") }'],
    [
      'names an unknown message',
      'export const handler = async () => ({ batchItemFailures: [{ itemIdentifier: "other" }] })',
    ],
  ])('deletes nothing when the function %s', async (reason, source) => {
    const { eventSource, batches, left } = await connect(`nothing-${reason.split(' ')[0]}`, source, {
      send: many(['a', 'b']),
    })
    await vi.waitFor(() => expect(batches.flat().filter(body => body === 'a')).toHaveLength(2), 10_000)
    expect(left().sort()).toEqual(['a', 'b'])
    await eventSource.close()
  })

  test('keeps the order of a FIFO group behind a failed message', async () => {
    const { eventSource, batches, left } = await connect(
      'ordered.fifo',
      `let failed = false
       export const handler = async ({ Records }) => {
         const bad = Records.find(r => r.body === 'a2')
         if (!bad || failed) return { batchItemFailures: [] }
         failed = true
         return { batchItemFailures: [{ itemIdentifier: bad.messageId }] }
       }`,
      { attributes: { FifoQueue: 'true' }, send: many(['a1', 'a2', 'a3', 'b1'], ['a', 'a', 'a', 'b']) },
    )
    await vi.waitFor(() => expect(left()).toEqual([]), 10_000)
    expect(batches.flat().filter(body => body.startsWith('a'))).toEqual(['a1', 'a2', 'a2', 'a3'])
    expect(batches.flat().filter(body => body === 'b1')).toHaveLength(1)
    await eventSource.close()
  })

  // SQS hands out several messages of a group in one batch; the queue server used here does not.
  test('keeps what stands behind a failed message of the same group in the batch', () => {
    const message = (MessageId: string, MessageGroupId: string) => ({
      MessageId,
      Attributes: { MessageGroupId },
    })
    const batch = [message('1', 'a'), message('2', 'a'), message('3', 'b'), message('4', 'a')]
    const processed = processedMessages(batch, { batchItemFailures: [{ itemIdentifier: '2' }] })
    expect(processed.map(({ MessageId }) => MessageId)).toEqual(['1', '3'])
  })

  test('keeps to its batch size and to its maximum of batches in flight', async () => {
    const { eventSource, batches, left, most } = await connect(
      'bounded',
      'export const handler = async () => { await new Promise(r => setTimeout(r, 150)) }',
      {
        batchSize: 2,
        maximumConcurrency: 2,
        attributes: { VisibilityTimeout: '30' },
        send: many(['1', '2', '3', '4', '5', '6', '7', '8']),
      },
    )
    await vi.waitFor(() => expect(left()).toEqual([]), 10_000)
    expect(batches.map(batch => batch.length)).toEqual([2, 2, 2, 2])
    expect(most()).toBe(2)
    await eventSource.close()
  })

  test('stops at once, yet waits for what is running', async () => {
    const { eventSource, batches, left } = await connect(
      'stopping',
      'export const handler = async () => { await new Promise(r => setTimeout(r, 400)) }',
      { attributes: { VisibilityTimeout: '30' }, send: many(['only']) },
    )
    await vi.waitFor(() => expect(batches).toHaveLength(1), 10_000)
    const startedAt = Date.now()
    await eventSource.close()
    expect(Date.now() - startedAt).toBeLessThan(2000)
    expect(left()).toEqual([])
  })
})
