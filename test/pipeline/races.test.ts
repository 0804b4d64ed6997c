import { randomUUID } from 'node:crypto'
import type { JobSettings } from '@aws-sdk/client-mediaconvert'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { failure } from '../../shared/contract/problems.ts'
import type { MessageOf } from '../../shared/contract/queues.ts'
import type { Sql } from '../../shared/db/client.ts'
import * as events from '../../shared/db/repositories/events.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import * as leases from '../../shared/db/repositories/leases.ts'
import * as mediaFiles from '../../shared/db/repositories/media-files.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import * as videos from '../../shared/db/repositories/videos.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { sweepEvents } from '../../shared/domain/events/sweep-events.ts'
import { checkTranscoding, startTranscoding } from '../../shared/domain/pipeline/transcode-video.ts'
import { failRun } from '../../shared/domain/runs/fail-run.ts'
import { failVideo } from '../../shared/domain/runs/fail-video.ts'
import { publishRun } from '../../shared/domain/runs/publish-run.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())

const timedOut = failure('media.timed_out', 'Processing took too long and was stopped.')
const unreadable = failure('media.unreadable')

/** Records the messages that leave the database. */
let cleanups: (MessageOf<'cleanup'> & { delaySeconds?: number })[]
let cancelled: string[]
beforeEach(() => {
  cleanups = []
  cancelled = []
})

const common = () => ({
  transact: createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} }),
  ...{ sql: db.sql },
  cleanup: {
    send: async (message: MessageOf<'cleanup'>, options?: object) =>
      void cleanups.push({ ...message, ...options }),
  },
  sendSummary: async () => {},
  createId,
  transcoding: { cancel: async (jobId: string) => void cancelled.push(jobId) },
  head: async () => ({ sizeBytes: 5, eTag: 'abc', contentType: 'video/mp4' }),
  findFaults: async () => [],
})

/** A run under way whose playlist is there. */
const running = async () => {
  const user = await addUser(db.sql)
  const video = await addVideo(db.sql, { userId: user.id })
  const runId = `${video.id}-0123456789ab-1`
  const run = { videoId: video.id, runId }
  await runs.claimRun(db.sql, { ...run, attempt: 1 })
  await runs.recordProducts(db.sql, {
    ...run,
    playbackUrl: `s3://media/media/${video.id}/${runId}/hls/master.m3u8`,
  })
  const input = {
    videoId: video.id,
    userId: user.id,
    attempt: 1,
    bucket: 'media',
    key: video.sourceKey!,
    eTag: 'abc',
    sizeBytes: 5,
  }
  return {
    run,
    task: { runId, input, state: {} },
    find: () => videos.findVideo(db.sql, { userId: user.id, videoId: video.id }),
  }
}

const waitsForLock = () =>
  expect
    .poll(
      () =>
        db.sql`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      { timeout: 10_000 },
    )
    .toHaveLength(1)

/** A transaction that has done its work and commits when it is told to. */
const holdOpen = async (work: (sql: Sql) => Promise<unknown>) => {
  const worked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const committed = db.sql.begin(async sql => {
    await work(sql)
    worked.resolve()
    await released.promise
  })
  await Promise.race([worked.promise, committed])
  return {
    commit: () => {
      released.resolve()
      return committed
    },
  }
}

describe('A run', () => {
  test('that is published in the moment in which its time is up keeps its files', async () => {
    const { run, task, find } = await running()
    const publishing = await holdOpen(sql => runs.completeRun(sql, run))
    const failing = failRun(common(), { ...task, failure: timedOut })
    await waitsForLock()
    await Promise.all([publishing.commit(), failing])
    expect(await find()).toMatchObject({ status: 'processed' })
    expect(cleanups).toEqual([])
  })

  test('that has failed refers to no file any more, whatever its last step was just making', async () => {
    const { run, task } = await running()
    const file = (name: string) => ({
      ...run,
      kind: 'audio',
      url: `s3://media/media/${run.runId}/${name}`,
      contentType: 'audio/flac',
    })
    await mediaFiles.saveMediaFile(db.sql, file('audio.flac'))
    const noting = await holdOpen(sql => mediaFiles.saveMediaFile(sql, file('late.flac')))
    const failing = failRun(common(), { ...task, failure: timedOut })
    await waitsForLock()
    await Promise.all([noting.commit(), failing])
    await mediaFiles.saveMediaFile(db.sql, file('later.flac'))
    expect(await mediaFiles.listMediaFiles(db.sql, run)).toEqual([])
  })

  test('that ends while its conversion is being started leaves no conversion behind', async () => {
    const { task } = await running()
    const transcoding = {
      start: async () => {
        await failRun(common(), { ...task, failure: timedOut })
        return 'job-1'
      },
      check: async () => ({ status: 'completed' as const }),
      cancel: common().transcoding.cancel,
    }
    const state = { film: { key: task.input.key } }
    const starting = startTranscoding({ ...common(), transcoding, bucket: 'media' }, { ...task, state })
    await expect(starting).rejects.toMatchObject({ code: 'media.cancelled' })
    expect(cancelled).toEqual(['job-1'])
  })

  test('converts the film that was judged, wherever it lies', async () => {
    const { task } = await running()
    const inputs: unknown[] = []
    const transcoding = {
      start: async ({ settings }: { settings: JobSettings }) =>
        `job-${inputs.push(settings.Inputs?.[0]?.FileInput)}`,
      check: async () => ({ status: 'running' as const, share: 0 }),
      cancel: common().transcoding.cancel,
    }
    const state = { film: { key: 'media/v/r/normalised.mp4' } }
    await startTranscoding({ ...common(), transcoding, bucket: 'media' }, { ...task, state })
    expect(inputs).toEqual(['s3://media/media/v/r/normalised.mp4'])
  })

  test('that fails tells its owner, too, that the summary which was asked for meanwhile will not come', async () => {
    const { task } = await running()
    const { videoId, userId } = task.input
    const step = { userId, videoId, attempt: 1, type: 'generate-summary', subject: 'en' } as const
    const { id: jobId } = await jobs.createJob(db.sql, { id: createId(), ...step })
    await failRun(common(), { ...task, failure: timedOut })
    const told = await db.sql`SELECT payload FROM user_events WHERE user_id = ${userId} ORDER BY seq`
    expect(told.map(({ payload }) => payload)).toMatchObject([
      { action: 'summary_failed', videoId, code: 'media.timed_out', language: 'en', jobId },
      { videoId, status: 'error' },
    ])
  })

  test('whose file the media task has refused starts no conversion, and gives back what it has, however often it is ended', async () => {
    const { run, task, find } = await running()
    const soon = new Date(Date.now() + 60_000)
    await leases.acquireLease(db.sql, {
      ...run,
      limit: 1,
      now: new Date(),
      expiresAt: soon,
      waitsUntil: soon,
    })
    await runs.recordProducts(db.sql, { ...run, transcodeJobId: 'job-1' })
    const deps = common()
    await deps.transact(tx => failVideo(tx, { ...run, failure: unreadable }))
    const started: unknown[] = []
    const transcoding = {
      start: async (job: unknown) => `job-${started.push(job) + 1}`,
      check: async () => ({ status: 'running' as const, share: 0 }),
      cancel: deps.transcoding.cancel,
    }
    const transcode = { ...deps, transcoding, bucket: 'media' }
    await expect(startTranscoding(transcode, task)).rejects.toMatchObject({ code: 'media.cancelled' })
    await expect(checkTranscoding(transcode, task)).rejects.toMatchObject({ code: 'media.cancelled' })
    expect(started).toEqual([])

    for (const _ of ['first', 'again']) {
      await failRun(deps, { ...task, failure: failure('media.cancelled') })
      expect(cancelled.at(-1)).toBe('job-1')
      const sweep = { keys: [task.input.key], prefixes: [`media/${run.videoId}/${run.runId}/`] }
      expect(cleanups.slice(-2)).toEqual([sweep, { ...sweep, delaySeconds: expect.any(Number) }])
      expect(await db.sql`SELECT 1 FROM pipeline_leases WHERE run_id = ${run.runId}`).toHaveLength(0)
    }
    expect(await find()).toMatchObject({ status: 'error', metadata: { error: unreadable } })
    const told = await events.listEvents(db.sql, { userId: task.input.userId, after: 0, limit: 10 })
    expect(told.events.map(({ payload }) => payload)).toMatchObject([
      { status: 'error', message: unreadable.message },
    ])
  })

  test.each([
    ['processed', 1, publishRun],
    [
      'error',
      2,
      (deps: ReturnType<typeof common>, task: Awaited<ReturnType<typeof running>>['task']) =>
        failRun(deps, { ...task, failure: timedOut }),
    ],
  ] as const)('becomes %s only together with the removal of what it leaves', async (status, sweeps, end) => {
    const { task, find } = await running()
    const cleanup = { send: () => Promise.reject(new Error('the queue does not answer')) }
    await expect(end({ ...common(), cleanup }, task)).rejects.toThrow('the queue does not answer')
    expect(await find()).toMatchObject({ status: 'processing' })
    await end(common(), task)
    expect(await find()).toMatchObject({ status })
    expect(cleanups).toHaveLength(sweeps)
  })

  test('that has failed is swept a second time, for what its conversion and its media task still write', async () => {
    const { task } = await running()
    await failRun(common(), { ...task, failure: timedOut })
    const sweep = { keys: [], prefixes: [`media/${task.input.videoId}/${task.runId}/`] }
    expect(cleanups).toEqual([sweep, { ...sweep, delaySeconds: expect.any(Number) }])
  })

  test.each([
    ['goes with a run that can never succeed', failure('media.transcode_failed'), ['users/']],
    ['stays for the retry of any other run', timedOut, []],
  ])('whose file %s', async (_, reason, removed) => {
    const { task, find } = await running()
    await db.sql`UPDATE videos SET source_etag = 'abc' WHERE id = ${task.input.videoId}`
    await failRun(common(), { ...task, failure: reason })
    expect(cleanups[0]!.keys).toEqual(removed.map(prefix => expect.stringContaining(prefix)))
    expect((await find())!.sourceEtag).toBe(reason.retryable ? 'abc' : null)
  })
})

test('A lost wake is repaired by the next sweep, also when one has just been', async () => {
  const user = await addUser(db.sql)
  await events.appendEvent(db.sql, {
    userId: user.id,
    event: { type: 'user_activity', payload: { action: 'video_updated', videoId: randomUUID() } },
  })
  const woken = new Set<string | number>()
  const wake = async (userId: string, mark: string | number) => void (userId === user.id && woken.add(mark))
  const start = Math.ceil(Date.now() / 120_000) * 120_000 - 60_000
  for (const now of [start, start + 59_000])
    await sweepEvents({ sql: db.sql, wake, now: () => new Date(now) })
  expect(woken.size).toBe(2)
})

test('A sweep that cannot wake everybody begins with those whom no later event has woken', async () => {
  const now = Date.now()
  const secondsAgo = (seconds: number) => new Date(now - seconds * 1000)
  const quiet = 'ffffffff-ffff-4fff-8fff-ffffffffffff'
  await db.sql`DELETE FROM user_events`
  await db.sql`
    INSERT INTO users (id, email, password_hash, full_name)
    SELECT lpad(n::text, 32, '0')::uuid, n || '@busy.example', '-', 'Busy' FROM generate_series(1, 1000) n
    UNION ALL SELECT ${quiet}, 'quiet@example.com', '-', 'Quiet'`
  for (const [seq, at] of [secondsAgo(115), secondsAgo(5)].entries())
    await db.sql`
      INSERT INTO user_events (user_id, seq, type, payload, created_at)
      SELECT id, ${seq}, 'user_activity', '{}', ${at} FROM users WHERE full_name = 'Busy'`
  await db.sql`INSERT INTO user_events (user_id, seq, type, payload, created_at) VALUES (${quiet}, 1, 'user_activity', '{}', ${secondsAgo(110)})`
  const woken: string[] = []
  const wake = async (userId: string) => void woken.push(userId)
  expect(await sweepEvents({ sql: db.sql, wake, now: () => new Date(now) })).toBe(1000)
  expect(woken[0]).toBe(quiet)
})
