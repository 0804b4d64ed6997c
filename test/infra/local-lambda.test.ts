import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type FauxqsServer, startFauxqs } from 'fauxqs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startEventSource } from '../../local/lambda/event-source.ts'
import { type FunctionSpec, type Lambda, type LogLine, startLambda } from '../../local/lambda/lambda.ts'
import { processedMessages } from '../../local/lambda/sqs-event.ts'

let folder: string
let lambda: Lambda
const lines: LogLine[] = []

/** Writes a one-file bundle and makes it a function. */
const define = async (name: string, source: string, spec: Partial<FunctionSpec> = {}) => {
  const codeDir = join(folder, name)
  await mkdir(codeDir, { recursive: true })
  await writeFile(join(codeDir, 'index.mjs'), source)
  lambda.define({ name, codeDir, handler: 'index.handler', environment: {}, timeoutSeconds: 5, memoryMb: 128, ...spec })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-lambda-'))
  lambda = startLambda({ environmentFor: ({ name }) => ({ ROLE: `role-of-${name}` }), log: line => lines.push(line) })
})
afterAll(async () => {
  await lambda.close()
  await rm(folder, { recursive: true, force: true })
})

describe('a function', () => {
  test('sees its own environment and context, and nothing of the host', async () => {
    process.env.HOST_SECRET = 'leaked'
    await define(
      'own',
      `export const handler = async (event, context) => ({ env: process.env, event, name: context.functionName, arn: context.invokedFunctionArn,
         memory: context.memoryLimitInMB, left: context.getRemainingTimeInMillis(), when: new Date(0) })`,
      { environment: { STAGE: 'local', ROLE: 'overridden' } },
    )
    const result = await lambda.invoke('own', { at: new Date(0), gone: undefined })
    if (!result.ok) throw new Error(result.errorMessage)
    const payload = result.payload as Record<string, never>
    expect(payload.env).toMatchObject({ STAGE: 'local', ROLE: 'role-of-own', AWS_LAMBDA_FUNCTION_NAME: 'own', AWS_REGION: 'us-east-1' })
    expect(payload.env).toHaveProperty('_X_AMZN_TRACE_ID', expect.stringMatching(/^Root=1-/))
    expect(payload.env).not.toHaveProperty('HOST_SECRET')
    expect(payload).toMatchObject({ name: 'own', arn: 'arn:aws:lambda:us-east-1:000000000000:function:own', memory: '128' })
    expect(payload).toMatchObject({ event: { at: '1970-01-01T00:00:00.000Z' }, when: '1970-01-01T00:00:00.000Z' })
    expect(payload.left).toBeGreaterThan(3000)
    expect(payload.left).toBeLessThanOrEqual(5000)
  })

  test('runs one invocation per worker, keeps its state between them, and lets the rest wait in order', async () => {
    await define(
      'slots',
      `let running = 0; const id = Math.random()
       export const handler = async n => { running++; await new Promise(r => setTimeout(r, 100)); return { n, id, together: running-- } }`,
      { concurrency: 2 },
    )
    const finished: number[] = []
    const results = await Promise.all(
      [0, 1, 2, 3, 4, 5].map(async n => {
        const result = await lambda.invoke('slots', n)
        finished.push(n)
        return (result as { payload: { id: number; together: number } }).payload
      }),
    )
    expect(new Set(results.map(result => result.id)).size).toBe(2)
    expect(results.every(result => result.together === 1)).toBe(true)
    expect(finished.slice(-2).sort()).toEqual([4, 5])
  })

  test('is killed at its timeout, even in an endless loop, and works again afterwards', async () => {
    await define('loop', 'export const handler = async event => { while (event.forever) {} ; return "fine" }', {
      timeoutSeconds: 1,
      concurrency: 1,
    })
    expect(await lambda.invoke('loop', { forever: true })).toMatchObject({
      ok: false,
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/),
    })
    expect(await lambda.invoke('loop', {})).toEqual({ ok: true, payload: 'fine' })
  })

  test.each([
    ['exits', 'process.exit(3)'],
    ['throws outside the handler', 'setTimeout(() => { throw new Error("stray") }); await new Promise(() => {})'],
    ['leaves a rejection unhandled', 'Promise.reject(new Error("stray")); await new Promise(() => {})'],
    ['runs out of memory', 'const all = []; for (;;) all.push(new Array(1e6).fill({ a: 1 }))'],
  ])('that %s takes only its own worker down', async (name, code) => {
    await define(name, `export const handler = async event => { if (event.crash) { ${code} } return process.pid }`, {
      timeoutSeconds: 30,
      memoryMb: 64,
    })
    expect(await lambda.invoke(name, { crash: true })).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' })
    expect(await lambda.invoke(name, {})).toEqual({ ok: true, payload: process.pid })
  })

  test('that throws answers with the name, message and trace of its error', async () => {
    await define('throws', 'export const handler = async () => { throw new TypeError("no such cue") }')
    const result = await lambda.invoke('throws', {})
    expect(result).toMatchObject({ ok: false, errorType: 'TypeError', errorMessage: 'no such cue' })
    expect(result).toHaveProperty('trace.0', 'TypeError: no such cue')
  })

  test('that cannot be loaded says why', async () => {
    await define('broken', "import 'not-in-the-bundle'")
    await define('empty', 'export const other = 1')
    expect(await lambda.invoke('broken', {})).toMatchObject({ errorType: 'Runtime.ImportModuleError' })
    expect(await lambda.invoke('empty', {})).toMatchObject({ errorType: 'Runtime.HandlerNotFound' })
    expect(await lambda.invoke('nobody', {})).toMatchObject({ errorType: 'ResourceNotFoundException' })
  })

  test('takes and gives 6 MB of JSON and not more', async () => {
    await define('size', 'export const handler = async event => event.text ? event.text.length : "x".repeat(event.give)')
    const limit = 6 * 1024 * 1024
    expect(await lambda.invoke('size', { text: 'x'.repeat(limit - 11) })).toEqual({ ok: true, payload: limit - 11 })
    expect(await lambda.invoke('size', { text: 'x'.repeat(limit - 10) })).toMatchObject({ errorType: 'RequestTooLargeException' })
    expect(await lambda.invoke('size', { give: limit })).toMatchObject({ ok: true })
    expect(await lambda.invoke('size', { give: limit + 100 })).toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' })
  })

  test('runs its new code after a reload, while a running invocation finishes in the old', async () => {
    const source = (version: number) =>
      `export const handler = async ms => { await new Promise(r => setTimeout(r, ms)); return ${version} }`
    await define('versions', source(1))
    expect(await lambda.invoke('versions', 0)).toEqual({ ok: true, payload: 1 })
    const running = lambda.invoke('versions', 300)
    await writeFile(join(folder, 'versions', 'index.mjs'), source(2))
    lambda.reload('versions')
    expect(await lambda.invoke('versions', 0)).toEqual({ ok: true, payload: 2 })
    expect(await running).toEqual({ ok: true, payload: 1 })
  })

  test('is stopped by its caller, running or waiting', async () => {
    await define('stopped', 'export const handler = async () => { for (;;) {} }', { concurrency: 1 })
    const stop = new AbortController()
    const running = lambda.invoke('stopped', {}, { signal: stop.signal })
    const waiting = lambda.invoke('stopped', {}, { signal: stop.signal })
    await delay(50)
    stop.abort()
    expect(await Promise.all([running, waiting])).toMatchObject([{ errorType: 'Sandbox.Stopped' }, { errorType: 'Sandbox.Stopped' }])
  })

  test('has its output logged by line and stream', async () => {
    await define(
      'talks',
      'export const handler = async () => { console.log("one\\ntwo"); console.error("bad"); process.stdout.write("rest\\n") }',
    )
    expect(await lambda.invoke('talks', {})).toEqual({ ok: true, payload: null })
    const of = (stream: string) => lines.filter(line => line.functionName === 'talks' && line.stream === stream).map(({ line }) => line)
    await vi.waitFor(() => expect([of('stdout'), of('stderr')]).toEqual([['one', 'two', 'rest'], ['bad']]))
  })
})

test('the runtime closes at once although a function runs in an endless loop', async () => {
  const other = startLambda({ environmentFor: () => ({}), log: () => undefined })
  await define('endless', 'export const handler = async () => { for (;;) {} }')
  const spec = {
    name: 'endless',
    codeDir: join(folder, 'endless'),
    handler: 'index.handler',
    environment: {},
    timeoutSeconds: 60,
    memoryMb: 128,
  }
  other.define({ ...spec, concurrency: 1 })
  const invocations = Promise.all([other.invoke('endless', {}), other.invoke('endless', {})])
  await delay(300)
  const startedAt = Date.now()
  await other.close()
  expect(Date.now() - startedAt).toBeLessThan(1000)
  expect(await invocations).toMatchObject([{ errorType: 'Sandbox.Stopped' }, { errorType: 'Sandbox.Stopped' }])
})

describe('an event source', () => {
  let server: FauxqsServer
  let sqs: SQSClient
  const region = 'us-east-1'

  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false })
    const endpoint = `http://127.0.0.1:${server.port}`
    sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
  })
  afterAll(async () => {
    sqs.destroy()
    await server.stop()
  })

  /** A queue whose function is `source`; what the function returns is collected, each with the bodies it was given. */
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
    await define(functionName, source, { concurrency: 10 })
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
        const result = await lambda.invoke(functionName, event)
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
    const { eventSource, events, left } = await connect('shape', 'export const handler = async () => undefined', {
      send: QueueUrl => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello', MessageAttributes })),
    })
    await vi.waitFor(() => expect(events).toHaveLength(1))
    expect(events[0]).toEqual({
      Records: [
        {
          messageId: expect.any(String),
          receiptHandle: expect.any(String),
          body: 'hello',
          attributes: expect.objectContaining({ ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d{13}$/) }),
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
    await vi.waitFor(() => expect(left()).toEqual([]))
    await eventSource.close()
  })

  test('gives only the failed messages again, and the queue moves them to its dead-letter queue', async () => {
    const dead = server.createQueue('dead')
    const { eventSource, batches, left } = await connect(
      'partial',
      `export const handler = async ({ Records }) =>
         ({ batchItemFailures: Records.filter(r => r.body.startsWith('bad')).map(r => ({ itemIdentifier: r.messageId })) })`,
      {
        attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.queueArn, maxReceiveCount: 2 }) },
        send: many(['good 1', 'bad', 'good 2']),
      },
    )
    await vi.waitFor(() => expect(server.inspectQueue('dead')!.messages.ready.map(message => message.body)).toEqual(['bad']), 10_000)
    expect(batches.flat().sort()).toEqual(['bad', 'bad', 'good 1', 'good 2'])
    expect(left()).toEqual([])
    await eventSource.close()
  })

  test.each([
    ['throws', 'export const handler = async () => { throw new Error("down") }'],
    ['names an unknown message', 'export const handler = async () => ({ batchItemFailures: [{ itemIdentifier: "other" }] })'],
  ])('deletes nothing when the function %s', async (reason, source) => {
    const { eventSource, batches, left } = await connect(`nothing-${reason.split(' ')[0]}`, source, { send: many(['a', 'b']) })
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
    const message = (MessageId: string, MessageGroupId: string) => ({ MessageId, Attributes: { MessageGroupId } })
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
    await vi.waitFor(() => expect(batches).toHaveLength(1))
    const startedAt = Date.now()
    await eventSource.close()
    expect(Date.now() - startedAt).toBeLessThan(2000)
    expect(left()).toEqual([])
  })
})
