import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { MessageOf } from '../../shared/contract/queues.ts'
import { listEvents } from '../../shared/db/repositories/events.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import * as leases from '../../shared/db/repositories/leases.ts'
import * as mediaFiles from '../../shared/db/repositories/media-files.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import * as videos from '../../shared/db/repositories/videos.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { abandonStuckRuns } from '../../shared/domain/runs/abandon-stuck-runs.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'

const MINUTE_MS = 60_000
const TIMEOUT_MS = 60 * MINUTE_MS

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())

/** Records the messages that leave the database. */
let cleanups: MessageOf<'cleanup'>[]
let cancelled: string[]
let stopped: string[]
beforeEach(async () => {
  await db.sql`DELETE FROM videos`
  cleanups = []
  cancelled = []
  stopped = []
})

/** The sweep, so many minutes from now. */
const sweep = (minutes: number, options?: { limit: number }) =>
  abandonStuckRuns(
    {
      ...{ sql: db.sql },
      transact: createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} }),
      cleanup: { send: async message => void cleanups.push(message) },
      transcoding: { cancel: async jobId => void cancelled.push(jobId) },
      pipeline: { stop: async runId => void stopped.push(runId) },
      now: () => new Date(Date.now() + minutes * MINUTE_MS),
      timeoutMs: TIMEOUT_MS,
    },
    options,
  )

/** A video whose file has landed and that is to be processed. */
const landed = async () => {
  const { id: userId } = await addUser(db.sql)
  const { id: videoId, sourceKey } = await addVideo(db.sql, { userId })
  await runs.recordSource(db.sql, { userId, videoId, key: sourceKey!, eTag: 'abc', sizeBytes: 5 })
  const job = await jobs.createJob(db.sql, {
    id: crypto.randomUUID(),
    userId,
    videoId,
    type: 'process-video',
    attempt: 1,
  })
  const run = { videoId, runId: `${videoId}-0123456789ab-1` }
  return {
    ...{ run, sourceKey },
    claim: () => runs.claimRun(db.sql, { ...run, attempt: 1 }),
    row: async () => (await videos.findVideo(db.sql, { userId, videoId }))!,
    job: () => jobs.findJob(db.sql, { userId, jobId: job.id }),
    told: async () =>
      (await listEvents(db.sql, { userId, after: 0, limit: 10 })).events.map(({ payload }) => payload),
  }
}

const timedOut = { code: 'media.timed_out', retryable: true }

describe('A video whose run fell silent', () => {
  test('fails with a reason after the time of a run and ten minutes, and gives back what the run had', async () => {
    const { run, sourceKey, claim, row, job, told } = await landed()
    await claim()
    const soon = new Date(Date.now() + TIMEOUT_MS)
    await leases.acquireLease(db.sql, {
      ...run,
      limit: 1,
      now: new Date(),
      expiresAt: soon,
      waitsUntil: soon,
    })
    await runs.recordProducts(db.sql, {
      ...run,
      transcodeJobId: 'job-1',
      thumbnailUrl: 's3://media/thumbnail.jpg',
    })
    await mediaFiles.saveMediaFile(db.sql, {
      ...run,
      kind: 'audio',
      url: `s3://media/${run.runId}.flac`,
      contentType: 'audio/flac',
    })

    expect(await sweep(69)).toBe(0)
    expect(await row()).toMatchObject({ status: 'processing' })

    expect(await sweep(71)).toBe(1)
    expect(await row()).toMatchObject({
      status: 'error',
      stage: 'failed',
      thumbnailUrl: null,
      metadata: { error: timedOut },
    })
    expect(await job()).toMatchObject({ status: 'failed', error: timedOut })
    expect(await told()).toMatchObject([{ status: 'error', message: expect.stringContaining('too long') }])
    expect({ stopped, cancelled }).toEqual({ stopped: [run.runId], cancelled: ['job-1'] })
    // Now, and once more when every step has noticed its end.
    const leftovers = { keys: [], prefixes: [`media/${run.videoId}/${run.runId}/`] }
    expect(cleanups).toEqual([leftovers, leftovers])
    expect(await mediaFiles.listMediaFiles(db.sql, run)).toEqual([])
    expect(await db.sql`SELECT 1 FROM pipeline_leases`).toHaveLength(0)
    // The file itself is good: its owner may try again.
    expect(await row()).toMatchObject({ sourceKey, sourceEtag: 'abc' })

    expect(await sweep(71)).toBe(0)
    expect(await told()).toHaveLength(1)
  })

  test('fails also when no run has ever taken it', async () => {
    const { row, job, told } = await landed()
    expect(await sweep(71)).toBe(1)
    expect(await row()).toMatchObject({ status: 'error', runId: null, metadata: { error: timedOut } })
    expect(await job()).toMatchObject({ status: 'failed' })
    expect(await told()).toHaveLength(1)
    expect({ stopped, cleanups }).toEqual({ stopped: [], cleanups: [] })
  })

  test('has its turn after those that fell silent before it', async () => {
    const [first, second, third] = [await landed(), await landed(), await landed()]
    await first.claim()
    expect(await sweep(71, { limit: 2 })).toBe(2)
    expect([await first.row(), await second.row(), await third.row()].map(({ status }) => status)).toEqual([
      'processing',
      'error',
      'error',
    ])
    expect(await sweep(71, { limit: 2 })).toBe(1)
  })
})

test('A video that still waits for its file, or has ended, is nobody’s stuck run', async () => {
  const { id: userId } = await addUser(db.sql)
  const announced = await addVideo(db.sql, { userId })
  const finished = await landed()
  await finished.claim()
  await runs.completeRun(db.sql, finished.run)
  expect(await sweep(24 * 60)).toBe(0)
  expect(await videos.findVideo(db.sql, { userId, videoId: announced.id })).toMatchObject({
    status: 'processing',
    stage: 'uploading',
  })
  expect(await finished.row()).toMatchObject({ status: 'processed' })
})
