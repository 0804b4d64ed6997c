import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Failure } from '../../shared/contract/failure.ts'
import * as events from '../../shared/db/repositories/events.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import * as leases from '../../shared/db/repositories/leases.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import * as videos from '../../shared/db/repositories/videos.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { admitRun } from '../../shared/domain/runs/admit-run.ts'
import { failRun } from '../../shared/domain/runs/fail-run.ts'
import { readEnding } from '../../shared/domain/runs/read-failure.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
let started: string[]
let now: number
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())
beforeEach(async () => {
  await db.sql`DELETE FROM pipeline_leases`
  started = []
  now = Date.now()
})

const transact = () => createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} })

/** A video whose file has landed, with the run that is to process it. */
const arrived = async () => {
  const { id: userId } = await addUser(db.sql)
  const { id: videoId, sourceKey } = await addVideo(db.sql, { userId })
  await runs.recordSource(db.sql, { userId, videoId, key: sourceKey!, eTag: 'abc', sizeBytes: 5 })
  await jobs.createJob(db.sql, {
    id: crypto.randomUUID(),
    userId,
    videoId,
    type: 'process-video',
    attempt: 1,
  })
  const input = { videoId, userId, attempt: 1, bucket: 'media', key: sourceKey!, eTag: 'abc', sizeBytes: 5 }
  const runId = `${videoId}-0123456789ab-1`
  return {
    ...{ videoId, userId, runId },
    /** Asks whether the run may begin. */
    ask: async ({ places = 1 } = {}) => {
      const onStarted = (run: { videoId: string }) => void started.push(run.videoId)
      const deps = { sql: db.sql, transact: transact(), now: () => new Date(now), onStarted }
      return (await admitRun({ ...deps, maxConcurrentRuns: places, leaseMs: 3_600_000 }, { runId, input }))
        .decision
    },
    end: (failure: Failure) => {
      const cleanup = { send: async () => {} }
      const transcoding = { cancel: async () => {} }
      const deps = { transact: transact(), cleanup, transcoding }
      return failRun(deps, { runId, input, failure })
    },
    giveBack: () => leases.releaseLease(db.sql, { runId }),
    row: async () => (await videos.findVideo(db.sql, { userId, videoId }))!,
    told: async () =>
      (await events.listEvents(db.sql, { userId, after: 0, limit: 10 })).events.map(({ payload }) => payload),
    /** Changes with everything that writes the row or locks it. */
    version: async () => (await db.sql`SELECT xmin::text, xmax::text FROM videos WHERE id = ${videoId}`)[0],
  }
}

type Arrived = Awaited<ReturnType<typeof arrived>>

describe('A run', () => {
  test('begins where there is a place, is told of once and asked for again without harm', async () => {
    const run = await arrived()
    expect(await run.ask()).toBe('run')
    expect(await run.row()).toMatchObject({ runId: run.runId, stage: 'queued', processingProgress: 2 })
    expect(await jobs.findNewestJob(db.sql, { videoId: run.videoId, type: 'process-video' })).toMatchObject({
      status: 'running',
    })
    expect(started).toEqual([run.videoId])
    expect(await run.ask()).toBe('run')
    expect(await run.told()).toMatchObject([{ status: 'processing', stage: 'queued', progress: 2 }])
  })

  test('that waits writes nothing on its video, however often it asks', async () => {
    const [first, second] = [await arrived(), await arrived()]
    await first.ask()
    expect(await second.ask()).toBe('wait')
    const before = await second.version()
    expect(await second.ask()).toBe('wait')
    expect(await second.version()).toEqual(before)
    expect(await second.told()).toEqual([])
    await first.giveBack()
    expect(await second.ask()).toBe('run')
    expect(started).toEqual([first.videoId, second.videoId])
  })

  test('that asked first gets the next place, whoever asks next', async () => {
    const [first, early, late] = [await arrived(), await arrived(), await arrived()]
    await first.ask()
    for (const run of [early, late]) {
      now += 1000
      expect(await run.ask()).toBe('wait')
    }
    await first.giveBack()
    expect(await late.ask()).toBe('wait')
    expect(await early.ask()).toBe('run')
    expect(await late.ask()).toBe('wait')
    await early.giveBack()
    expect(await late.ask()).toBe('run')
  })

  test('waits for nobody when there are places for all before it', async () => {
    const [first, second, early, late, last] = await Promise.all([1, 2, 3, 4, 5].map(arrived))
    for (const run of [first!, second!, early!, late!, last!]) {
      now += 1000
      await run.ask({ places: 2 })
    }
    await first!.giveBack()
    await second!.giveBack()
    expect(await last!.ask({ places: 2 })).toBe('wait')
    expect(await late!.ask({ places: 2 })).toBe('run')
    expect(await early!.ask({ places: 2 })).toBe('run')
  })

  test('that no longer asks holds up nobody, and has its turn again when it comes back', async () => {
    const [first, silent, next, later] = [await arrived(), await arrived(), await arrived(), await arrived()]
    for (const run of [first, silent, next, later]) {
      now += 1000
      await run.ask()
    }
    now += 90_000
    await first.giveBack()
    expect(await later.ask()).toBe('run')
    expect(await next.ask()).toBe('wait')
    expect(await silent.ask()).toBe('wait')
    await later.giveBack()
    expect(await next.ask()).toBe('wait')
    expect(await silent.ask()).toBe('run')
  })

  test('whose time is up in the line is told just that, one that had its place that it took too long', async () => {
    const [first, waiting] = [await arrived(), await arrived()]
    expect([await first.ask(), await waiting.ask()]).toEqual(['run', 'wait'])
    for (const run of [first, waiting]) await run.end(readEnding('TIMED_OUT'))
    expect((await first.row()).metadata?.error).toMatchObject({ code: 'media.timed_out', retryable: true })
    expect((await waiting.row()).metadata?.error).toMatchObject({ code: 'media.no_place', retryable: true })
    expect(await waiting.told()).toMatchObject([
      { status: 'error', message: expect.stringContaining('No place became free') },
    ])
    expect(await db.sql`SELECT 1 FROM pipeline_leases`).toHaveLength(0)
  })

  test('that is stopped in the line is told that it was stopped', async () => {
    const [first, waiting] = [await arrived(), await arrived()]
    expect([await first.ask(), await waiting.ask()]).toEqual(['run', 'wait'])
    await waiting.end(readEnding('ABORTED'))
    expect((await waiting.row()).metadata?.error).toMatchObject({ code: 'media.cancelled' })
  })

  test.each<[string, (run: Arrived) => PromiseLike<unknown>]>([
    ['is deleted', run => videos.deleteVideo(db.sql, run)],
    [
      'belongs to another run',
      ({ videoId }) => runs.claimRun(db.sql, { videoId, runId: 'another', attempt: 1 }),
    ],
    ['is at its next attempt', ({ videoId }) => db.sql`UPDATE videos SET attempt = 2 WHERE id = ${videoId}`],
    [
      'has ended',
      ({ videoId }) => db.sql`UPDATE videos SET status = 'error', stage = 'failed' WHERE id = ${videoId}`,
    ],
  ])('stops when its video %s, and takes no place', async (_, change) => {
    const run = await arrived()
    await change(run)
    expect(await run.ask()).toBe('stop')
    expect(await db.sql`SELECT 1 FROM pipeline_leases`).toHaveLength(0)
    expect(started).toEqual([])
  })
})
