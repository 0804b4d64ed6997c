import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MessageOf } from '../../shared/contract/queues.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import * as summaries from '../../shared/db/repositories/summaries.ts'
import { createTransact, type Transact } from '../../shared/db/transact.ts'
import { failLostSummaries } from '../../shared/domain/summaries/fail-lost-summaries.ts'
import { requestSummary } from '../../shared/domain/summaries/request-summary.ts'
import { summariseVideo } from '../../shared/domain/summaries/summarise-video.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { createLanguageModel } from '../../shared/providers/language-model/openai.ts'
import { addUser, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ModelServer, startModelServer } from '../support/model-server.ts'
import { addSpokenVideo, spokenSummary } from '../support/spoken-video.ts'

let db: TestDatabase
let model: ModelServer
let userId: string
let sent: MessageOf<'summaries'>[]
const language = 'en'

beforeAll(async () => {
  ;[db, model] = await Promise.all([createTestDatabase(), startModelServer()])
  userId = (await addUser(db.sql)).id
})
afterAll(async () => {
  model.close()
  await db.close()
})
beforeEach(() => {
  sent = []
  model.reset({ answers: [spokenSummary] })
})

const transact: Transact = work =>
  createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} })(work)
const worker = (now = () => new Date()) => ({
  ...{ sql: db.sql, transact, createId, now, budgetMs: 60_000 },
  languageModel: createLanguageModel({ apiKey: 'key', baseUrl: model.url, model: 'test' }),
})
const ask = (videoId: string, at = () => new Date()) =>
  requestSummary(
    {
      ...{ sql: db.sql, createId, now: at, sleep },
      findSummary: o => summaries.findSummary(db.sql, { videoId: o.videoId, requestedLanguage: o.language }),
      sendSummary: async message => void sent.push(message),
    },
    { videoId, userId, language },
  )
const later = (minutes: number) => () => new Date(Date.now() + minutes * 60_000)
/** The twenty seconds are over at once. */
const impatient = () => {
  let calls = 0
  return () => new Date(calls++ * 60_000)
}

const aVideo = (o: Omit<Parameters<typeof addSpokenVideo>[1], 'userId'>) =>
  addSpokenVideo(db.sql, { userId, ...o })
/** Returns the events about the summaries of a video. */
const toldAbout = async (videoId: string) => {
  const rows =
    await db.sql`SELECT payload FROM user_events WHERE user_id = ${userId} AND payload ->> 'videoId' = ${videoId} ORDER BY seq`
  return rows.map(({ payload }) => payload)
}
const jobOf = (videoId: string) =>
  jobs.findNewestJob(db.sql, { videoId, type: 'generate-summary', subject: language })

describe('the job of a summary', () => {
  it('fails when the language model is away, and is done when it is asked for again', async () => {
    const { videoId } = await aVideo({ transcript: 'ready' })
    const { jobId } = await ask(videoId, impatient())
    expect(sent).toEqual([{ jobId, videoId, userId, language }])
    model.status = 503
    await expect(summariseVideo(worker(), sent[0]!)).rejects.toMatchObject({ code: 'provider.unavailable' })
    expect(await jobOf(videoId)).toMatchObject({
      id: jobId,
      status: 'failed',
      error: { code: 'provider.unavailable', retryable: true },
    })

    expect((await ask(videoId, impatient())).jobId).toBe(jobId)
    expect(sent).toHaveLength(2)
    model.status = 200
    await summariseVideo(worker(), sent[1]!)
    expect(await jobOf(videoId)).toMatchObject({ id: jobId, status: 'completed', progress: 100 })
    expect(await ask(videoId)).toMatchObject({ jobId, summary: { overview: 'A speech.' } })
  })

  it('is done by the queue’s own repetition, too', async () => {
    const { videoId } = await aVideo({ transcript: 'ready' })
    await ask(videoId, impatient())
    model.status = 503
    await expect(summariseVideo(worker(), sent[0]!)).rejects.toThrow()
    model.status = 200
    await summariseVideo(worker(), sent[0]!)
    expect((await jobOf(videoId))?.status).toBe('completed')
  })

  it('of a video that is being processed waits for the worker when the language model hangs, and holds up nobody', async () => {
    const { videoId } = await aVideo({ transcript: 'ready', running: true })
    model.hangs = true
    const startedAt = performance.now()
    await expect(
      summariseVideo({ ...worker(), budgetMs: 300 }, { videoId, userId, language }),
    ).rejects.toMatchObject({
      code: 'provider.unavailable',
    })
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(await jobOf(videoId)).toMatchObject({ status: 'queued', progress: 0 })
    model.hangs = false
    await summariseVideo(worker(), { videoId, userId, language })
    expect((await jobOf(videoId))?.status).toBe('completed')
  })

  it('is worked on once and paid for once, however many messages ask for it', async () => {
    const { videoId } = await aVideo({ transcript: 'ready' })
    await Promise.all([ask(videoId, impatient()), ask(videoId, impatient())])
    expect(sent).toHaveLength(2)
    await Promise.all([...sent, ...sent].map(message => summariseVideo(worker(), message)))
    await summariseVideo(worker(), sent[0]!)
    expect(model.asked).toHaveLength(1)
    expect((await jobOf(videoId))?.status).toBe('completed')
  })

  it('is left to the worker that is at it, and taken over from one that died', async () => {
    const { videoId } = await aVideo({ transcript: 'ready' })
    const { jobId } = await ask(videoId, impatient())
    await jobs.claimJob(db.sql, { jobId, progress: 20, abandonedBefore: new Date(0) })
    expect(await summariseVideo(worker(later(10)), sent[0]!)).toBeUndefined()
    expect(await jobOf(videoId)).toMatchObject({ status: 'running', progress: 20 })
    expect(await summariseVideo(worker(later(20)), sent[0]!)).toMatchObject({ overview: 'A speech.' })
    expect((await jobOf(videoId))?.status).toBe('completed')
  })

  it('is sent again when the worker that had it died, as soon as somebody asks for it', async () => {
    const { videoId } = await aVideo({ transcript: 'ready' })
    const { jobId } = await ask(videoId, impatient())
    await jobs.claimJob(db.sql, { jobId, progress: 20, abandonedBefore: new Date(0) })
    const twentySecondsFrom = (start: () => Date) => {
      let calls = 0
      return () => new Date(start().getTime() + 7_000 * calls++)
    }
    await ask(videoId, twentySecondsFrom(later(10)))
    expect(sent).toHaveLength(1)
    await ask(videoId, twentySecondsFrom(later(20)))
    expect(sent).toHaveLength(2)
  })

  it('tells who waits for it at once that it has failed', async () => {
    const { videoId } = await aVideo({ transcript: 'ready' })
    model.status = 503
    const asked = ask(videoId)
    while (sent.length === 0) await sleep(10)
    await Promise.all([
      expect(asked).rejects.toMatchObject({ code: 'summary.failed' }),
      summariseVideo(worker(), sent[0]!).catch(() => {}),
    ])
  })

  it('ends when it turns out that nobody speaks', async () => {
    const run = await aVideo({ transcript: 'none', running: true })
    await jobs.createJob(db.sql, {
      id: createId(),
      userId,
      videoId: run.videoId,
      type: 'generate-summary',
      subject: language,
      attempt: 1,
    })
    await summariseVideo(worker(), { videoId: run.videoId, userId, language })
    expect(await jobOf(run.videoId)).toMatchObject({
      status: 'failed',
      error: { code: 'summary.no_transcript', retryable: false },
    })
    await runs.completeRun(db.sql, run)
    await expect(ask(run.videoId)).rejects.toMatchObject({ code: 'summary.no_transcript' })
  })

  it.each([
    ['no_audio', 'no sound'],
    ['no_speech', 'No speech'],
    ['too_long', '4 hours at most'],
    ['language_not_supported', 'language'],
    ['recogniser_unavailable', 'recogniser'],
  ] as const)(
    'is refused with the reason why there is no transcript, %s, and with what to do',
    async (reason, said) => {
      const { videoId } = await aVideo({ transcript: 'none', reason })
      const detail = expect.stringMatching(new RegExp(`${said}.+[Uu]pload it`))
      await expect(ask(videoId)).rejects.toMatchObject({
        code: 'summary.no_transcript',
        details: { detail, reason },
      })
      await jobs.createJob(db.sql, {
        id: createId(),
        userId,
        videoId,
        type: 'generate-summary',
        subject: language,
        attempt: 1,
      })
      await summariseVideo(worker(), { videoId, userId, language })
      expect((await jobOf(videoId))?.error).toMatchObject({ code: 'summary.no_transcript', message: detail })
    },
  )

  it('that nobody works on any more fails after an hour, unless its video is still being processed', async () => {
    const [lost, waiting] = [
      await aVideo({ transcript: 'ready' }),
      await aVideo({ transcript: 'ready', running: true }),
    ]
    for (const { videoId } of [lost, waiting]) await ask(videoId, impatient())
    const sweep = (minutes: number) => failLostSummaries({ sql: db.sql, transact, now: later(minutes) })
    await sweep(50)
    expect((await jobOf(lost.videoId))?.status).toBe('queued')
    await sweep(70)
    expect(await jobOf(lost.videoId)).toMatchObject({
      status: 'failed',
      error: { code: 'summary.failed', retryable: true },
    })
    expect((await jobOf(waiting.videoId))?.status).toBe('queued')
  })
  it('is given up in time, however often it is asked for meanwhile', async () => {
    const { videoId } = await aVideo({ transcript: 'ready' })
    await ask(videoId, impatient())
    const quietSince = Date.parse((await jobOf(videoId))!.updatedAt)
    await sleep(5)
    await ask(videoId, impatient())
    await failLostSummaries({ sql: db.sql, transact, now: () => new Date(quietSince + 60 * 60_000 + 1) })
    expect((await jobOf(videoId))?.status).toBe('failed')
  })
  it('tells its owner when it is done, together with the summary and once', async () => {
    const { videoId } = await aVideo({ transcript: 'ready' })
    const { jobId } = await ask(videoId, impatient())
    const failing = () => Promise.reject(new Error('no event today'))
    const cut: Transact = work => transact(({ sql }) => work({ sql, emit: failing }))
    await expect(summariseVideo({ ...worker(), transact: cut }, sent[0]!)).rejects.toThrow('no event today')
    expect(await summaries.findSummary(db.sql, { videoId, requestedLanguage: language })).toBeUndefined()

    const summary = await summariseVideo(worker(later(20)), sent[0]!)
    await summariseVideo(worker(), sent[0]!)
    expect(await toldAbout(videoId)).toEqual([
      { action: 'summary_completed', videoId, summaryId: summary!.id, language, jobId },
    ])
  })

  it('tells its owner that it has failed, whoever finds out', async () => {
    const asked = await Promise.all(Array.from({ length: 2 }, () => aVideo({ transcript: 'ready' })))
    for (const { videoId } of asked) await ask(videoId, impatient())
    const [away, lost] = sent
    model.status = 503
    await summariseVideo(worker(), away!).catch(() => {})
    await failLostSummaries({ sql: db.sql, transact, now: later(70) })
    for (const [message, code] of [
      [away, 'provider.unavailable'],
      [lost, 'summary.failed'],
    ] as const) {
      const { videoId, jobId } = message!
      expect(await toldAbout(videoId)).toEqual([{ action: 'summary_failed', videoId, code, language, jobId }])
    }
    const { videoId } = await aVideo({ transcript: 'none', reason: 'no_audio', running: true })
    const { id: jobId } = await jobs.createJob(db.sql, {
      ...{ id: createId(), userId, videoId, attempt: 1 },
      type: 'generate-summary',
      subject: language,
    })
    await summariseVideo(worker(), { videoId, userId, language })
    expect(await toldAbout(videoId)).toEqual([
      { action: 'summary_failed', videoId, code: 'summary.no_transcript', language, jobId },
    ])
  })
})
