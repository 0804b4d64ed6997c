import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listCaptionTracks, saveCaptionTrack } from '../../shared/db/repositories/caption-tracks.ts'
import {
  countOpenJobs,
  createJob,
  findJob,
  findNewestJob,
  markJobsEnded,
  runJobs,
} from '../../shared/db/repositories/jobs.ts'
import { acquireLease, releaseLease } from '../../shared/db/repositories/leases.ts'
import {
  deleteOtherMediaFiles,
  listMediaFiles,
  saveMediaFile,
} from '../../shared/db/repositories/media-files.ts'
import { listNarrations } from '../../shared/db/repositories/narrations.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import { findNewestSummary, findSummary, saveSummary } from '../../shared/db/repositories/summaries.ts'
import { createTicket, takeTicket } from '../../shared/db/repositories/tickets.ts'
import { listSegments, replaceSegments } from '../../shared/db/repositories/transcripts.ts'
import {
  createUpload,
  endUpload,
  findUpload,
  listExpiredUploads,
} from '../../shared/db/repositories/uploads.ts'
import {
  deleteVideo,
  findVideo,
  listVideos,
  updateVideo,
  type VideoRow,
} from '../../shared/db/repositories/videos.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
let userId: string
let otherId: string
beforeAll(async () => {
  db = await createTestDatabase()
  userId = (await addUser(db.sql)).id
  otherId = (await addUser(db.sql)).id
})
afterAll(() => db.close())

const failure = { code: 'media.not_a_video', message: 'The file is not a video', retryable: false }

/** A video whose file has landed and whose run has begun. */
const running = async (
  runId = randomUUID(),
): Promise<{ video: VideoRow; run: { videoId: string; runId: string } }> => {
  const video = await addVideo(db.sql, { userId })
  const run = { videoId: video.id, runId }
  await runs.recordSource(db.sql, {
    userId,
    videoId: video.id,
    key: video.sourceKey!,
    eTag: 'abc',
    sizeBytes: 10,
  })
  await runs.claimRun(db.sql, { ...run, attempt: 1 })
  return { video, run }
}

describe('a user’s videos', () => {
  const list = { page: 1, limit: 20, sortBy: 'created_at', sortOrder: 'desc' } as const

  it('are found without accents and case, in title and description, composed or not; wildcards are letters like others', async () => {
    const owner = (await addUser(db.sql)).id
    await addVideo(db.sql, { userId: owner, title: 'Giáo dục Việt Nam' })
    await addVideo(db.sql, {
      userId: owner,
      title: 'Other',
      description: 'Đường phố — 100% giao_thông'.normalize('NFD'),
    })
    const titles = async (search: string) =>
      (await listVideos(db.sql, { ...list, userId: owner, search })).videos.map(video => video.title)
    expect(await titles('giao duc')).toEqual(['Giáo dục Việt Nam'])
    expect(await titles('GIÁO DỤC')).toEqual(['Giáo dục Việt Nam'])
    expect(await titles('duong pho')).toEqual(['Other'])
    expect(await titles('100%')).toEqual(['Other'])
    expect(await titles('giao_t')).toEqual(['Other'])
    expect(await titles('%')).toEqual(['Other'])
    expect(await titles('\\')).toEqual([])
    expect(await titles("'; DROP TABLE videos; --")).toEqual([])
  })

  it('come in pages that neither overlap nor lose one, in every order, also when the sorted column is alike or empty', async () => {
    const owner = (await addUser(db.sql)).id
    for (let index = 0; index < 7; index++)
      await addVideo(db.sql, { userId: owner, title: index < 4 ? 'Same' : `Title ${index}` })
    for (const sortBy of ['created_at', 'title', 'duration'] as const)
      for (const sortOrder of ['asc', 'desc'] as const) {
        const pages = await Promise.all(
          [1, 2, 3, 4].map(page => listVideos(db.sql, { userId: owner, page, limit: 3, sortBy, sortOrder })),
        )
        expect(pages.map(page => page.videos.length)).toEqual([3, 3, 1, 0])
        expect(new Set(pages.flatMap(page => page.videos.map(video => video.id))).size).toBe(7)
        expect(pages.map(page => page.total)).toEqual([7, 7, 7, 7])
      }
    expect(await listVideos(db.sql, { ...list, userId: owner, status: 'processed' })).toEqual({
      videos: [],
      total: 0,
    })
  })

  it('are not there for anybody else', async () => {
    const video = await addVideo(db.sql, { userId })
    const stranger = { userId: otherId, videoId: video.id }
    expect(await findVideo(db.sql, stranger)).toBeUndefined()
    expect(await updateVideo(db.sql, { ...stranger, title: 'Mine' })).toBeUndefined()
    expect(await deleteVideo(db.sql, stranger)).toBeUndefined()
    expect(await runs.startRetry(db.sql, stranger)).toBeUndefined()
    expect(await findVideo(db.sql, { userId, videoId: video.id })).toMatchObject({
      title: 'A film',
      stage: 'uploading',
      runId: null,
    })
  })

  it('change only where something is given, and a description can be emptied', async () => {
    const { id: videoId } = await addVideo(db.sql, { userId, title: 'Old', description: 'Text' })
    expect(await updateVideo(db.sql, { userId, videoId, title: 'New' })).toMatchObject({
      title: 'New',
      description: 'Text',
    })
    expect(await updateVideo(db.sql, { userId, videoId, description: '' })).toMatchObject({
      title: 'New',
      description: '',
    })
  })
})

describe('a run', () => {
  it('belongs to the first that starts it, and may be started again by itself', async () => {
    const { video, run } = await running()
    expect(await runs.claimRun(db.sql, { ...run, attempt: 1 })).toMatchObject({ runId: run.runId })
    expect(await runs.claimRun(db.sql, { videoId: video.id, runId: 'another', attempt: 1 })).toBeUndefined()
    expect(await runs.claimRun(db.sql, { ...run, attempt: 2 })).toBeUndefined()
  })

  it('reports progress that only grows and stays below 100', async () => {
    const { run } = await running()
    const report = async (progress: number) =>
      (await runs.recordProgress(db.sql, { ...run, stageProgress: {}, stage: 'transcoding', progress }))
        ?.processingProgress
    expect(await report(40.7)).toBe(40)
    expect(await report(20)).toBe(40)
    expect(await report(100)).toBe(99)
    expect(
      await runs.recordProgress(db.sql, { ...run, stageProgress: {}, stage: 'publishing', progress: 5 }),
    ).toMatchObject({
      stage: 'publishing',
      processingProgress: 99,
    })
  })

  it('cannot overwrite a finished video with what comes late', async () => {
    const { video, run } = await running()
    await runs.recordProducts(db.sql, { ...run, durationSeconds: 39.4, metadata: { width: 640 } })
    await runs.recordProducts(db.sql, {
      ...run,
      metadata: { height: 360 },
      playbackUrl: 's3://bucket/master.m3u8',
    })
    expect(await runs.completeRun(db.sql, run)).toMatchObject({
      status: 'processed',
      stage: 'done',
      processingProgress: 100,
    })
    expect(await runs.completeRun(db.sql, run)).toBeUndefined()
    expect(await runs.markRunFailed(db.sql, { ...run, failure })).toBeUndefined()
    expect(
      await runs.recordProgress(db.sql, { ...run, stageProgress: {}, stage: 'transcoding', progress: 1 }),
    ).toBeUndefined()
    expect(await findVideo(db.sql, { userId, videoId: video.id })).toMatchObject({
      status: 'processed',
      duration: 39,
      metadata: { width: 640, height: 360 },
      playbackUrl: 's3://bucket/master.m3u8',
    })
  })

  it('fails with its reason, and a retry begins at another attempt that the old run cannot touch', async () => {
    const { video, run } = await running()
    expect(await runs.markRunFailed(db.sql, { ...run, failure })).toMatchObject({
      status: 'error',
      stage: 'failed',
      metadata: { error: failure },
    })
    const retried = await runs.startRetry(db.sql, { userId, videoId: video.id })
    expect(retried).toMatchObject({
      status: 'processing',
      attempt: 2,
      runId: null,
      metadata: {},
      processingProgress: 0,
    })
    expect(await runs.startRetry(db.sql, { userId, videoId: video.id })).toBeUndefined()
    expect(await runs.isRunCurrent(db.sql, run)).toBe(false)
    expect(await runs.claimRun(db.sql, { ...run, attempt: 1 })).toBeUndefined()
    expect(await runs.claimRun(db.sql, { videoId: video.id, runId: 'second', attempt: 2 })).toMatchObject({
      runId: 'second',
    })
  })

  it('keeps its file where another is forgotten', async () => {
    const { video, run } = await running()
    const eTag = async () => (await findVideo(db.sql, { userId, videoId: video.id }))!.sourceEtag
    expect(await runs.forgetSource(db.sql, { ...run, eTag: 'seen before' })).toBe(false)
    expect(await eTag()).toBe('abc')
    expect(await runs.forgetSource(db.sql, { ...run, eTag: 'abc' })).toBe(true)
    expect(await eTag()).toBeNull()
  })

  it('begins with the file that was announced, once', async () => {
    const video = await addVideo(db.sql, { userId })
    const landed = { userId, videoId: video.id, key: video.sourceKey!, eTag: 'abc', sizeBytes: 5 }
    expect(await runs.recordSource(db.sql, { ...landed, key: 'users/x/other' })).toBeUndefined()
    expect(await runs.recordSource(db.sql, landed)).toMatchObject({
      stage: 'queued',
      sourceEtag: 'abc',
      fileSize: 5,
    })
    expect(await runs.recordSource(db.sql, { ...landed, eTag: 'def' })).toBeUndefined()
    const never = await addVideo(db.sql, { userId })
    expect(await runs.failWaitingVideo(db.sql, { videoId: never.id, failure })).toMatchObject({
      status: 'error',
    })
  })
})

describe('leases', () => {
  const now = new Date()
  const expiresAt = new Date(now.getTime() + 60_000)
  const acquire = (
    { run }: Awaited<ReturnType<typeof running>>,
    { limit = 5, at = now, until = expiresAt } = {},
  ) => acquireLease(db.sql, { ...run, limit, now: at, expiresAt: until, waitsUntil: until })
  beforeEach(() => db.sql`DELETE FROM pipeline_leases`)

  it('are never more than the limit, however many ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => running()))
    const asked = await Promise.all(all.map(one => acquire(one)))
    expect(asked.filter(Boolean)).toHaveLength(5)
    const holder = all[asked.indexOf(true)]!
    expect(await acquire(holder)).toBe(true)
    const waiting = all.filter((_, index) => !asked[index])
    const again = async () => (await Promise.all(waiting.map(one => acquire(one)))).filter(Boolean).length
    expect(await again()).toBe(0)
    await releaseLease(db.sql, holder.run)
    expect(await again()).toBe(1)
    expect(await acquire(await running(), { at: expiresAt, until: new Date(expiresAt.getTime() + 1) })).toBe(
      true,
    )
  })

  it('that the version before gave count until their time is up', async () => {
    await db.sql`INSERT INTO pipeline_leases (run_id, acquired_at, expires_at) VALUES ('before', ${now}, ${expiresAt})`
    const next = await running()
    expect(await acquire(next, { limit: 1 })).toBe(false)
    expect(await acquire(next, { limit: 1, at: expiresAt, until: new Date(expiresAt.getTime() + 1) })).toBe(
      true,
    )
  })

  it('whose time is up go to the next, and come back to nobody else’s cost', async () => {
    const [slow, next] = [await running(), await running()]
    const later = { limit: 1, at: expiresAt, until: new Date(expiresAt.getTime() + 60_000) }
    expect(await acquire(slow, { limit: 1 })).toBe(true)
    expect(await acquire(next, later)).toBe(true)
    expect(await acquire(slow, later)).toBe(false)
    expect(await acquire(next, later)).toBe(true)
  })

  it('of runs that ended without giving them back are free', async () => {
    const [deleted, finished, next] = [await running(), await running(), await running()]
    const take = (one: typeof next) => acquire(one, { limit: 2 })
    expect([await take(deleted), await take(finished), await take(next)]).toEqual([true, true, false])
    await deleteVideo(db.sql, { userId, videoId: deleted.video.id })
    expect(await take(next)).toBe(true)
    await runs.completeRun(db.sql, finished.run)
    expect(await take(await running())).toBe(true)
  })
})

describe('what a run leaves', () => {
  it('is a transcript that is replaced as a whole, by the current run only', async () => {
    const { video, run } = await running()
    const long = Array.from({ length: 6000 }, (_, n) => ({
      startMs: n * 1000,
      endMs: n * 1000 + 900.4,
      text: `Câu ${n} "trích"`,
      confidence: n % 2 ? 0.87 : null,
    }))
    expect(await db.sql.begin(sql => replaceSegments(sql, { ...run, segments: long }))).toBe(6000)
    const segments = await listSegments(db.sql, { userId, videoId: video.id })
    expect(segments[5999]).toEqual({
      index: 5999,
      startMs: 5_999_000,
      endMs: 5_999_900,
      text: 'Câu 5999 "trích"',
      confidence: 0.87,
    })
    expect(segments[0]!.confidence).toBeNull()
    expect(await replaceSegments(db.sql, { ...run, runId: 'stale', segments: [] })).toBeUndefined()
    expect(await replaceSegments(db.sql, { ...run, segments: long.slice(0, 1) })).toBe(1)
    expect(await listSegments(db.sql, { userId, videoId: video.id })).toHaveLength(1)
    expect(await listSegments(db.sql, { userId: otherId, videoId: video.id })).toEqual([])
  })

  it('is one summary for each language that was asked for, whatever language it came out in', async () => {
    const { video } = await running()
    const summary = {
      videoId: video.id,
      overview: 'One.',
      keyPoints: ['a', 'b'],
      timestamps: [{ time: '00:01', content: 'c', segmentId: 1 }],
      language: 'en',
      modelUsed: 'extractive',
    }
    const saved = await saveSummary(db.sql, { ...summary, requestedLanguage: 'vi' })
    expect(saved).toMatchObject(summary)
    expect(await findSummary(db.sql, { videoId: video.id, requestedLanguage: 'vi' })).toEqual(saved)
    expect(await findSummary(db.sql, { videoId: video.id, requestedLanguage: 'en' })).toBeUndefined()
    expect(await findNewestSummary(db.sql, { userId, videoId: video.id })).toEqual(saved)
    expect(
      await saveSummary(db.sql, { ...summary, videoId: randomUUID(), requestedLanguage: 'vi' }),
    ).toBeUndefined()
  })

  it('is a summary that stays as it was first read, whoever else has written one', async () => {
    const { video } = await running()
    const summary = {
      videoId: video.id,
      keyPoints: ['a'],
      timestamps: [],
      language: 'en',
      modelUsed: 'm',
      requestedLanguage: 'en',
    }
    const saved = await Promise.all(
      ['One.', 'Two.', 'Three.'].map(overview => saveSummary(db.sql, { ...summary, overview })),
    )
    expect(saved.map(row => row?.overview)).toEqual(Array(3).fill(saved[0]!.overview))
    expect(await saveSummary(db.sql, { ...summary, overview: 'Four.' })).toEqual(saved[0])
    expect(await findSummary(db.sql, { videoId: video.id, requestedLanguage: 'en' })).toEqual(saved[0])
  })

  it('is files and caption tracks, each noted once', async () => {
    const { video, run } = await running()
    const file = {
      ...run,
      kind: 'thumbnail',
      url: `s3://bucket/${video.id}/thumbnail.jpg`,
      contentType: 'image/jpeg',
    }
    await saveMediaFile(db.sql, { ...file, sizeBytes: 1 })
    await saveMediaFile(db.sql, { ...file, sizeBytes: 2, details: { width: 640 } })
    expect(await listMediaFiles(db.sql, { videoId: video.id, kind: 'thumbnail' })).toMatchObject([
      { sizeBytes: 2, details: { width: 640 } },
    ])
    await saveMediaFile(db.sql, { ...file, runId: 'stale', url: `s3://bucket/${video.id}/late.jpg` })
    expect(await listMediaFiles(db.sql, { videoId: video.id })).toHaveLength(1)
    await deleteOtherMediaFiles(db.sql, { videoId: video.id, runId: 'next' })
    expect(await listMediaFiles(db.sql, { videoId: video.id })).toEqual([])
    const track = {
      ...run,
      index: 0,
      language: 'en',
      label: null,
      source: 'embedded' as const,
      url: 's3://bucket/0.en.vtt',
    }
    await saveCaptionTrack(db.sql, track)
    await saveCaptionTrack(db.sql, { ...track, language: 'vi' })
    await saveCaptionTrack(db.sql, { ...track, runId: 'stale', language: 'fr' })
    expect(await listCaptionTracks(db.sql, { userId, videoId: video.id })).toMatchObject([
      { index: 0, language: 'vi' },
    ])
  })

  it('goes with the video, and everything goes with the user', async () => {
    const owner = (await addUser(db.sql)).id
    const video = await addVideo(db.sql, { userId: owner })
    await db.sql`INSERT INTO ai_narrations (video_id, transcript) VALUES (${video.id}, ${db.sql.json([{ start_time: 1, end_time: 2, text: 'a' }])})`
    expect(await listNarrations(db.sql, { userId: owner, videoId: video.id })).toMatchObject([
      { speed: 1, status: 'processing', transcript: [{ startTime: 1, endTime: 2, text: 'a' }] },
    ])
    await createJob(db.sql, {
      id: randomUUID(),
      userId: owner,
      videoId: video.id,
      type: 'process-video',
      attempt: 1,
    })
    await db.sql`INSERT INTO chat_messages (user_id, video_id, message_type, content) VALUES (${owner}, ${video.id}, 'user', 'hi')`
    expect(await deleteVideo(db.sql, { userId: owner, videoId: video.id })).toMatchObject({ id: video.id })
    const counts =
      await db.sql`SELECT (SELECT count(*) FROM jobs WHERE video_id = ${video.id}) + (SELECT count(*) FROM ai_narrations WHERE video_id = ${video.id}) AS left`
    expect(counts[0]).toEqual({ left: 0 })
    await addVideo(db.sql, { userId: owner })
    await db.sql`DELETE FROM users WHERE id = ${owner}`
    expect(
      (await listVideos(db.sql, { userId: owner, page: 1, limit: 5, sortBy: 'title', sortOrder: 'asc' }))
        .total,
    ).toBe(0)
  })
})

describe('uploads, jobs and tickets', () => {
  it('let an upload end once, and find those that never came', async () => {
    const video = await addVideo(db.sql, { userId })
    const upload = {
      videoId: video.id,
      kind: 'post' as const,
      bucket: 'b',
      key: video.sourceKey!,
      contentType: 'video/mp4',
      sizeBytes: 10,
    }
    await createUpload(db.sql, { ...upload, expiresAt: new Date(0) })
    expect(await findUpload(db.sql, { userId: otherId, videoId: video.id })).toBeUndefined()
    expect(await listExpiredUploads(db.sql, { now: new Date(), limit: 10 })).toMatchObject([
      { videoId: video.id, userId, uploadId: null },
    ])
    expect(await endUpload(db.sql, { videoId: video.id, status: 'completed' })).toMatchObject({
      status: 'completed',
    })
    expect(await endUpload(db.sql, { videoId: video.id, status: 'expired' })).toBeUndefined()
  })

  it('make one job of a step however often it is repeated, and never reopen it', async () => {
    const { video } = await running()
    const step = { videoId: video.id, userId, type: 'generate-summary' as const, subject: 'vi', attempt: 1 }
    const jobs = await Promise.all(
      Array.from({ length: 5 }, () => createJob(db.sql, { ...step, id: randomUUID() })),
    )
    expect(new Set(jobs.map(job => job.id)).size).toBe(1)
    const jobId = jobs[0]!.id
    expect(jobs[0]).toMatchObject({ result: null, error: null })
    expect(await countOpenJobs(db.sql)).toMatchObject({ queued: expect.any(Number) })
    for (const progress of [30, 10]) {
      await runJobs(db.sql, { jobId }, { progress })
      expect(await findJob(db.sql, { userId, jobId })).toMatchObject({ status: 'running', progress: 30 })
    }
    expect(
      await markJobsEnded(db.sql, { jobId }, { status: 'completed', result: { summaryId: 's' } }),
    ).toMatchObject([{ status: 'completed', progress: 100, result: { summaryId: 's' }, error: null }])
    expect(await markJobsEnded(db.sql, { jobId }, { status: 'failed', error: failure })).toEqual([])
    expect(await findJob(db.sql, { userId: otherId, jobId })).toBeUndefined()
    const other = await createJob(db.sql, { ...step, id: randomUUID(), subject: 'en' })
    const attempt = { videoId: video.id, attempt: 1 }
    expect(await markJobsEnded(db.sql, attempt, { status: 'failed', error: failure })).toMatchObject([
      { id: other.id, error: failure },
    ])
    expect(
      await findNewestJob(db.sql, { videoId: video.id, type: 'generate-summary', subject: 'en' }),
    ).toMatchObject({ status: 'failed' })

    const open = await createJob(db.sql, { ...step, id: randomUUID(), type: 'extract-audio', subject: '' })
    const waiting = await createJob(db.sql, { ...step, id: randomUUID(), type: 'process-video', subject: '' })
    const types = ['extract-audio', 'generate-summary'] as const
    await markJobsEnded(db.sql, { ...attempt, types }, { status: 'completed', result: { sampleRate: 16 } })
    const done = { status: 'completed', progress: 100, result: { sampleRate: 16 } }
    expect(await findJob(db.sql, { userId, jobId: open.id })).toMatchObject(done)
    expect(await findJob(db.sql, { userId, jobId: waiting.id })).toMatchObject({ status: 'queued' })
    expect(await findJob(db.sql, { userId, jobId: other.id })).toMatchObject({ status: 'failed' })
    expect(await markJobsEnded(db.sql, { jobId: waiting.id }, { status: 'cancelled' })).toMatchObject([
      { status: 'cancelled', progress: 0 },
    ])
  })

  it('take a ticket exactly once and not after its minute', async () => {
    const now = new Date()
    const expiresAt = new Date(now.getTime() + 60_000)
    const sessionId = randomUUID()
    await db.sql`INSERT INTO sessions (id, user_id, expires_at) VALUES (${sessionId}, ${userId}, ${expiresAt})`
    await createTicket(db.sql, { ticketHash: 'one', userId, sessionId, expiresAt })
    const taken = await Promise.all(
      Array.from({ length: 8 }, () => takeTicket(db.sql, { ticketHash: 'one', now })),
    )
    expect(taken.filter(Boolean)).toEqual([{ userId, sessionId }])
    await createTicket(db.sql, { ticketHash: 'two', userId, sessionId, expiresAt })
    expect(await takeTicket(db.sql, { ticketHash: 'two', now: expiresAt })).toBeUndefined()
  })
})
