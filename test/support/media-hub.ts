import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn'
import { DeleteMessageCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Keyring } from '../../packages/local-aws/src/iam/keyring.ts'
import { toSqsEvent } from '../../packages/local-aws/src/services/lambda/sqs-event.ts'
import { startS3 } from '../../packages/local-aws/src/services/s3/server.ts'
import { startSqs } from '../../packages/local-aws/src/services/sqs/server.ts'
import { startStates } from '../../packages/local-aws/src/services/step-functions/server.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import { createCaller, type Handler } from './api-call.ts'
import { createTestDatabase } from './database.ts'

const BUCKET = 'media'
const place = { port: 0, region: 'us-east-1', account: '000000000000' }
const key = { accessKeyId: 'OPERATOR', secretAccessKey: 'secret-of-the-operator' }
/** The calls that services refuse for the moment, such as `s3:PutObject`. */
const denied = new Set<string>()
const keyring: Keyring = {
  operator: key,
  issue: () => key,
  secretOf: id => (id === key.accessKeyId ? key.secretAccessKey : undefined),
  authorize: (_id, action) => !denied.has(action),
}
/** Executions stay under way, as a long film's would. */
const waiting = JSON.stringify({
  StartAt: 'Wait',
  States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } },
})

/** Remembers which jobs were cancelled: MediaConvert itself has no part in these tests. */
const startTranscoder = async () => {
  const cancelled: string[] = []
  const server = createServer((request, response) => {
    if (request.method === 'DELETE') cancelled.push(request.url!.split('/').at(-1)!)
    response.writeHead(202, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    cancelled,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  }
}

/**
 * The functions of accounts, videos and uploads, composed by their own entry files over real
 * Postgres, S3, SQS and Step Functions protocols.
 */
export const startMediaHub = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'media-hub-'))
  const [database, sqs, states, transcoder] = await Promise.all([
    createTestDatabase(),
    startSqs({ ...place, stateDir: folder, keyring }),
    startStates({ ...place, stateDir: folder, keyring, emit: () => {}, log: () => {} }),
    startTranscoder(),
  ])
  const pipelineArn = await states.define({
    name: 'pipeline',
    roleArn: '',
    definitionString: waiting,
    perform: async () => ({}),
  })
  const [ingest, cleanup] = [await sqs.createQueue('ingest', {}), await sqs.createQueue('cleanup', {})]
  const events = await sqs.createQueue('events.fifo', { FifoQueue: 'true' })
  const s3 = await startS3({ ...place, dataDir: join(folder, 's3'), keyring, notify: sqs.send })
  s3.defineBucket(BUCKET, {
    notifications: [{ queueArn: ingest.arn, events: ['s3:ObjectCreated:*'], prefix: 'users/' }],
  })

  Object.assign(process.env, {
    NODE_ENV: 'test',
    AWS_REGION: place.region,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_S3_BUCKET: BUCKET,
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_ENDPOINT_URL_SQS: sqs.url,
    AWS_ENDPOINT_URL_SFN: states.url,
    AWS_ENDPOINT_URL_MEDIACONVERT: transcoder.url,
    DATABASE_URL: database.url,
    REDIS_URL: '',
    JWT_SECRET: 'jwt-secret-of-the-tests',
    JWT_REFRESH_SECRET: 'refresh-secret-of-the-tests',
    FRONTEND_URL: 'http://localhost:3000',
    PIPELINE_ARN: pipelineArn,
    EVENTS_QUEUE_URL: sqs.urlOf(events.arn),
    CLEANUP_QUEUE_URL: sqs.urlOf(cleanup.arn),
    POWERTOOLS_DEV: 'false',
  })
  const [auth, videos, uploads, ingestion, cleaning, scheduled] = await Promise.all([
    import('../../functions/auth/index.ts'),
    import('../../functions/videos/index.ts'),
    import('../../functions/uploads/index.ts'),
    import('../../functions/ingest/index.ts'),
    import('../../functions/workers/cleanup.ts'),
    import('../../functions/scheduled/reconcile.ts'),
  ])
  const call = createCaller({
    auth: auth.handler as Handler,
    videos: videos.handler as Handler,
    uploads: uploads.handler as Handler,
  })

  const receive = async (queueUrl: string): Promise<Message[]> => {
    const { Messages = [] } = await sqs.client.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    )
    for (const { ReceiptHandle } of Messages)
      await sqs.client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }))
    return Messages
  }
  const consume = async (
    queue: { url: string; arn: string },
    handler: (event: SQSEvent) => Promise<SQSBatchResponse>,
  ): Promise<number> => {
    const messages = await receive(queue.url)
    const { batchItemFailures } = await handler(toSqsEvent(messages, queue.arn))
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages failed`)
    return messages.length
  }

  const client = new S3Client({
    endpoint: s3.url,
    region: place.region,
    credentials: key,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  const sfn = new SFNClient({ endpoint: states.url, region: place.region, credentials: key })
  let count = 0

  return {
    call,
    sql: database.sql,
    storage: createStorage({ client, bucket: BUCKET }),
    client,
    cancelledTranscodings: transcoder.cancelled,
    denied,

    /** A new account; `call` takes its token. */
    signUp: async () => {
      const email = `minh.${++count}@example.com`
      const { body } = await call('POST', '/auth/register', {
        body: { email, password: 'mua thu Hà Nội', fullName: 'Nguyễn Thị Minh' },
      })
      return { userId: body.user.id as string, token: body.token as string }
    },

    /** Delivers what S3 has to say, and cleans up what is due. */
    settle: async () => {
      await new Promise(done => setTimeout(done, 100))
      while ((await consume(ingest, ingestion.handler)) + (await consume(cleanup, cleaning.handler)) > 0);
    },
    /** Takes S3's events off the queue without handing them over. */
    takeEvents: async () => {
      await new Promise(done => setTimeout(done, 100))
      return (await receive(ingest.url)).map(({ Body }) => Body!)
    },
    deliver: (...bodies: string[]) =>
      ingestion.handler(
        toSqsEvent(
          bodies.map((Body, i) => ({ MessageId: String(i), Body })),
          ingest.arn,
        ),
      ),

    reconcile: scheduled.handler,

    /** The runs of a video, oldest first. */
    runsOf: async (videoId: string) => {
      const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: pipelineArn }))
      const own = executions.filter(({ name }) => name!.startsWith(videoId)).reverse()
      return own.map(({ name, status }) => ({ name: name!, status: status! }))
    },
    eventsOf: async (userId: string) => {
      const rows =
        await database.sql`SELECT type, payload FROM user_events WHERE user_id = ${userId} ORDER BY seq`
      return rows.map(({ type, payload }) => ({ type, ...payload }))
    },

    close: async () => {
      await s3.close()
      await states.close()
      await sqs.close()
      transcoder.close()
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type MediaHub = Awaited<ReturnType<typeof startMediaHub>>
