import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { toSqsEvent } from '../../packages/local-aws/src/services/lambda/sqs-event.ts'
import { type Sqs, startSqs } from '../../packages/local-aws/src/services/sqs/server.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import { createCaller, type Handler } from '../support/api-call.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ModelServer, startModelServer } from '../support/model-server.ts'
import { addSpokenVideo, spokenSummary } from '../support/spoken-video.ts'

const key = { accessKeyId: 'OPERATOR', secretAccessKey: 'secret-of-the-operator' }
const keyring = {
  operator: key,
  issue: () => key,
  secretOf: () => key.secretAccessKey,
  authorize: () => true,
}

let folder: string
let db: TestDatabase
let model: ModelServer
let sqs: Sqs
let functions: Awaited<ReturnType<typeof compose>>
let user: { userId: string; token: string }
let call: ReturnType<typeof createCaller>

/**
 * The functions of summaries, composed by their own entry files over real Postgres and the
 * protocols of SQS and OpenAI.
 */
const compose = async () => {
  const [summaries, events] = [
    await sqs.createQueue('summaries', {}),
    await sqs.createQueue('events.fifo', { FifoQueue: 'true' }),
  ]
  Object.assign(process.env, {
    STAGE: 'test',
    NODE_ENV: 'test',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: sqs.url,
    DATABASE_URL: db.url,
    REDIS_URL: '',
    JWT_SECRET: 'jwt-secret-of-the-tests',
    JWT_REFRESH_SECRET: 'refresh-secret-of-the-tests',
    FRONTEND_URL: 'http://localhost:3000',
    SUMMARIES_QUEUE_URL: sqs.urlOf(summaries.arn),
    EVENTS_QUEUE_URL: sqs.urlOf(events.arn),
    OPENAI_API_KEY: 'key',
    OPENAI_BASE_URL: model.url,
    POWERTOOLS_DEV: 'false',
  })
  const [auth, api, worker, step] = await Promise.all([
    import('../../functions/auth/index.ts'),
    import('../../functions/summaries/index.ts'),
    import('../../functions/workers/summarise.ts'),
    import('../../functions/pipeline/summarise.ts'),
  ])
  return {
    auth: auth.handler as Handler,
    api: api.handler as Handler,
    worker: worker.handler,
    step: step.handler,
    summaries,
    events,
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'summarize-'))
  ;[db, model, sqs] = await Promise.all([
    createTestDatabase(),
    startModelServer(),
    startSqs({ port: 0, stateDir: folder, region: 'us-east-1', account: '000000000000', keyring }),
  ])
  functions = await compose()
  call = createCaller({ auth: functions.auth, summaries: functions.api })
  const account = { email: 'minh@example.com', password: 'mua thu Hà Nội', fullName: 'Nguyễn Thị Minh' }
  const { body } = await call('POST', '/auth/register', { body: account })
  user = { userId: body.user.id, token: body.token }
})
afterAll(async () => {
  model.close()
  await sqs.close()
  await db.close()
  await rm(folder, { recursive: true })
})
beforeEach(() => model.reset({ answers: [spokenSummary] }))

const receive = async (url: string): Promise<Message[]> => {
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    WaitTimeSeconds: 10,
    MessageSystemAttributeNames: ['All'],
  })
  return (await sqs.client.send(command)).Messages ?? []
}
/** Hands the next message to the worker. */
const work = async () =>
  functions.worker(toSqsEvent(await receive(functions.summaries.url), functions.summaries.arn))
const ask = (videoId: string, body: object) =>
  call('POST', `/ai/summarize/${videoId}`, { token: user.token, body })

/** Returns the lines with this `message` that are logged while `work` runs. */
const linesOf = async (message: string, work: () => Promise<unknown>) => {
  const written: string[] = []
  const spies = [process.stdout, process.stderr].map(stream =>
    vi.spyOn(stream, 'write').mockImplementation(text => Boolean(written.push(String(text)))),
  )
  await work().finally(() => {
    for (const spy of spies) spy.mockRestore()
  })
  const lines = written.filter(text => text.startsWith('{')).map(text => JSON.parse(text))
  return lines.filter(line => line.message === message)
}

describe('POST /ai/summarize/{videoId}', () => {
  it('answers with the summary when it is made while the client waits, and the relay is woken', async () => {
    const { videoId } = await addSpokenVideo(db.sql, { userId: user.userId, transcript: 'ready' })
    const [answer, result] = await Promise.all([ask(videoId, { language: 'en' }), work()])
    expect(result).toEqual({ batchItemFailures: [] })
    const summary = { videoId, overview: 'A speech.', timestamps: [{ content: 'The question' }] }
    expect(answer).toMatchObject({ status: 200, body: { summary, jobId: expect.any(String) } })
    const [wake] = await receive(functions.events.url)
    expect(JSON.parse(wake!.Body!)).toEqual({ userId: user.userId })

    const plain = await ask(videoId, { language: 'en', includeTimestamps: false })
    expect(plain.body).toEqual({ ...answer.body, summary: { ...answer.body.summary, timestamps: [] } })
  })

  it.each(['zz', 'zzz', 'und', 'vi-QQ'])('makes none in a language that nobody knows: %s', async language => {
    const { videoId } = await addSpokenVideo(db.sql, { userId: user.userId, transcript: 'ready' })
    expect(await ask(videoId, { language })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'language' }] },
    })
    expect(model.asked).toHaveLength(0)
  })

  it('answers that it failed as soon as it has, and the message stays in the queue', async () => {
    const { videoId } = await addSpokenVideo(db.sql, { userId: user.userId, transcript: 'ready' })
    model.status = 503
    const lines = await linesOf('Summary generation failed', async () => {
      const [answer, { batchItemFailures }] = await Promise.all([ask(videoId, { language: 'en' }), work()])
      expect(answer).toMatchObject({
        status: 502,
        body: {
          code: 'summary.failed',
          detail: 'The AI service does not answer. Try again in some minutes.',
        },
      })
      expect(batchItemFailures).toHaveLength(1)
    })
    expect(lines).toMatchObject([
      {
        level: 'ERROR',
        source: 'worker-summarise',
        error: { cause: { message: 'The language model does not answer' } },
      },
    ])
  })
})

it('A summary that fails in the pipeline is logged and left to the worker', async () => {
  const { videoId, runId, sourceKey } = await addSpokenVideo(db.sql, {
    userId: user.userId,
    transcript: 'ready',
    running: true,
  })
  model.status = 503
  const input = {
    videoId,
    userId: user.userId,
    attempt: 1,
    bucket: 'media',
    key: sourceKey,
    eTag: 'e',
    sizeBytes: 1,
  }
  const lines = await linesOf('Summary generation failed', () =>
    expect(functions.step({ runId, input, state: {} })).rejects.toThrow(),
  )
  expect(lines).toMatchObject([{ level: 'ERROR', source: 'pipeline-summarise', videoId, runId }])
  const job = await jobs.findNewestJob(db.sql, { videoId, type: 'generate-summary', subject: 'vi' })
  expect(job?.status).toBe('queued')
})
