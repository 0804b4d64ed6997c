import { readFile, rename, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import {
  CreateQueueCommand,
  type MessageAttributeValue,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { buildApp } from 'fauxqs'
import { AwsError, callerOf, demand } from '../../iam/caller.ts'
import type { Keyring } from '../../iam/keyring.ts'
import { KEEP_ALIVE_MS } from '../../machine/listen.ts'

export type Sqs = {
  url: string
  client: SQSClient
  /** Creates the queue and puts back the messages it held when the stack last ended. */
  createQueue(
    name: string,
    attributes: Record<string, string>,
  ): Promise<{ url: string; arn: string; name: string }>
  urlOf(arn: string): string
  send(queueArn: string, body: string): Promise<void>
  close(): Promise<void>
}

type Request = { method: string; url: string; headers: IncomingHttpHeaders }
type Reply = { code(status: number): Reply; type(mediaType: string): Reply; send(body: object): unknown }
/**
 * The part of fauxqs's server that is used, whose own types lead into a package that is not ours.
 */
type App = {
  server: Server
  addHook(
    name: 'preParsing',
    hook: (request: Request, reply: Reply, payload: Readable) => Promise<Readable>,
  ): void
  addHook(name: 'onSend', hook: (request: Request, reply: Reply, payload: unknown) => Promise<unknown>): void
  addHook(name: 'onResponse', hook: (request: Request) => Promise<void>): void
  setErrorHandler(handler: (error: Error, request: Request, reply: Reply) => unknown): void
  inject(path: string): Promise<{ json(): unknown }>
  listen(where: { port: number; host: string }): Promise<string>
  close(): Promise<void>
}
type Held = {
  body: string
  attributes?: Record<string, MessageAttributeValue>
  groupId?: string
  deduplicationId?: string
}
type Inspected = {
  body: string
  messageAttributes?: Record<string, MessageAttributeValue>
  messageGroupId?: string
  messageDeduplicationId?: string
  sentTimestamp: number
}
type Inspection = {
  messages?: { ready: Inspected[]; delayed: Inspected[]; inflight: { message: Inspected }[] }
}

const RECORD_AFTER_MS = 30

/**
 * fauxqs in memory (its own persistence breaks ChangeMessageVisibility) behind signatures and
 * grants; what queues hold is written to the state folder.
 */
export const startSqs = async (o: {
  port: number
  stateDir: string
  region: string
  account: string
  keyring: Keyring
}): Promise<Sqs> => {
  const app = buildApp({ logger: false, defaultRegion: o.region }) as unknown as App
  const names = new Set<string>()
  const arnOf = (name: string) => `arn:aws:sqs:${o.region}:${o.account}:${name}`
  const file = join(o.stateDir, 'queues.json')
  const held = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Record<string, Held[]>

  // fauxqs emulates more than SQS; only the JSON protocol of SQS passes this hook.
  app.addHook('preParsing', async (request, _reply, payload) => {
    if (request.method !== 'POST') return payload
    const body = await buffer(payload)
    const accessKeyId = await callerOf(request, body, o.keyring)
    // The batch forms have no permission of their own.
    const action = String(request.headers['x-amz-target'])
      .split('.')
      .at(-1)!
      .replace(/Batch$/, '')
    const { QueueUrl, QueueName } = JSON.parse(body.toString() || '{}') as {
      QueueUrl?: string
      QueueName?: string
    }
    const name = QueueName ?? QueueUrl?.split('/').at(-1)
    demand(o.keyring, accessKeyId, `sqs:${action}`, name ? arnOf(name) : '*')
    return Readable.from([body])
  })
  app.setErrorHandler((error, _request, reply) => {
    const { type, status, message } =
      error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500)
    return reply.code(status).type('application/x-amz-json-1.0').send({ __type: type, message })
  })

  const contentOf = async (name: string): Promise<Held[]> => {
    const { messages } = (await app.inject(`/_fauxqs/queues/${name}`)).json() as Inspection
    if (!messages) return []
    return [...messages.inflight.map(({ message }) => message), ...messages.ready, ...messages.delayed]
      .toSorted((a, b) => a.sentTimestamp - b.sentTimestamp)
      .map(
        ({
          body,
          messageAttributes: attributes,
          messageGroupId: groupId,
          messageDeduplicationId: deduplicationId,
        }) => ({
          body,
          attributes,
          groupId,
          deduplicationId,
        }),
      )
  }
  const record = async () => {
    const contents = { ...held }
    for (const name of names) contents[name] = await contentOf(name)
    await writeFile(`${file}.new`, JSON.stringify(contents), { mode: 0o600 })
    await rename(`${file}.new`, file)
  }
  let recording: Promise<unknown> = Promise.resolve()
  let next: Promise<void> | undefined
  // One recording after the other; all who ask while one is under way share the next.
  const flush = (): Promise<void> => {
    next ??= recording.then(() => {
      next = undefined
      return record()
    })
    recording = next.catch(() => {})
    return next
  }
  let planned: NodeJS.Timeout | undefined
  const plan = () => {
    planned ??= setTimeout(() => {
      planned = undefined
      flush().catch(() => {})
    }, RECORD_AFTER_MS)
  }
  // Accepted messages outlive the process; received ones may come once more.
  app.addHook('onSend', async (request, _reply, payload) => {
    if (String(request.headers['x-amz-target']).includes('SendMessage')) await flush()
    return payload
  })
  app.addHook('onResponse', async request => {
    if (/DeleteMessage|PurgeQueue|ReceiveMessage/.test(String(request.headers['x-amz-target']))) plan()
  })

  await app.listen({ port: o.port, host: '127.0.0.1' })
  app.server.keepAliveTimeout = KEEP_ALIVE_MS
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const client = new SQSClient({ endpoint: url, region: o.region, credentials: o.keyring.operator })
  const urlOf = (arn: string) => `${url}/${o.account}/${arn.split(':').at(-1)}`
  const send = async (queueUrl: string, { body, attributes, groupId, deduplicationId }: Held) => {
    const fifo = groupId ? { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } : {}
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageAttributes: attributes,
        ...fifo,
      }),
    )
  }

  return {
    url,
    client,
    urlOf,
    createQueue: async (name, attributes) => {
      await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
      // fauxqs answers with a host name (sqs.us-east-1.localhost) that most resolvers do not know.
      const queueUrl = urlOf(arnOf(name))
      if (!names.has(name)) for (const message of held[name] ?? []) await send(queueUrl, message)
      names.add(name)
      return { url: queueUrl, arn: arnOf(name), name }
    },
    send: (queueArn, body) => send(urlOf(queueArn), { body }),
    close: async () => {
      clearTimeout(planned)
      await flush()
      client.destroy()
      await app.close()
    },
  }
}
