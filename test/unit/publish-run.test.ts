import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventPayload } from '../../shared/contract/events.ts'
import type { PipelineInput } from '../../shared/contract/pipeline.ts'
import type { MessageOf } from '../../shared/contract/queues.ts'
import { listEvents } from '../../shared/db/repositories/events.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import * as videos from '../../shared/db/repositories/videos.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { publishRun } from '../../shared/domain/runs/publish-run.ts'
import { reportProgress } from '../../shared/domain/runs/report-progress.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { runIdOf } from '../../shared/kernel/run-id.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())

/** A run that has made all its products. `eTag` is what the source has by now. */
const finishedRun = async ({
  eTag = 'e1',
  transcript = 'none' as 'none' | 'ready',
  faults = [] as string[],
} = {}) => {
  const { id: userId } = await addUser(db.sql)
  const { id: videoId, sourceKey } = await addVideo(db.sql, { userId, id: randomUUID() })
  const input: PipelineInput = {
    videoId,
    userId,
    attempt: 1,
    bucket: 'media',
    key: sourceKey!,
    eTag: 'e1',
    sizeBytes: 5,
  }
  const runId = runIdOf(input)
  await runs.claimRun(db.sql, { videoId, runId, attempt: 1 })
  await runs.recordProducts(db.sql, {
    videoId,
    runId,
    playbackUrl: `s3://media/media/${videoId}/${runId}/hls/master.m3u8`,
  })
  await runs.recordTranscriptStatus(db.sql, { videoId, runId, status: transcript })
  const sent: MessageOf<'summaries'>[] = []
  const cleanups: MessageOf<'cleanup'>[] = []
  const deps = {
    ...{ sql: db.sql },
    transact: createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} }),
    head: async (key: string) => ({ eTag: key === sourceKey ? eTag : 'playlist' }),
    findFaults: async () => faults,
    cleanup: { send: async (message: MessageOf<'cleanup'>) => void cleanups.push(message) },
    sendSummary: async (message: MessageOf<'summaries'>) => void sent.push(message),
    createId,
  }
  const row = async () => (await videos.findVideo(db.sql, { userId, videoId }))!
  return { videoId, userId, runId, cleanups, sent, row, publish: () => publishRun(deps, { runId, input }) }
}

it('publishes a run once, however often it is called', async () => {
  const { publish, row, cleanups, videoId, runId } = await finishedRun()
  await publish()
  await publish()
  expect(await row()).toMatchObject({ status: 'processed', stage: 'done' })
  const keep = `media/${videoId}/${runId}/`
  const keys = [
    'source.mp4',
    'normalised.mp4',
    'normalise/report.json',
    'extract/report.json',
    'transcript.json',
  ].map(name => `${keep}${name}`)
  expect(cleanups).toEqual([{ keys, prefixes: [`media/${videoId}/`], keepPrefix: keep }])
})

it('publishes nothing that would not play', async () => {
  const { publish, row } = await finishedRun({ faults: ['master_360p.m3u8 lasts 3.000 s, the film 12 s'] })
  await expect(publish()).rejects.toThrow('would not play: master_360p.m3u8 lasts 3.000 s, the film 12 s')
  expect(await row()).toMatchObject({ status: 'processing' })
})

it('tells that a run is being published, though its summary was given up, before it tells that it is done', async () => {
  const { publish, userId, videoId, runId } = await finishedRun()
  const report = { transact: createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} }) }
  for (const stage of ['queued', 'inspecting', 'extracting', 'transcribing', 'transcoding'] as const)
    await reportProgress(report, { videoId, runId, stage, share: 1 })
  await reportProgress(report, { videoId, runId, stage: 'summarising', share: 0 })
  await publish()
  await publish()
  const { events } = await listEvents(db.sql, { userId, after: 0, limit: 20 })
  const told = events.map(({ payload }) => payload as EventPayload<'video_processing'>)
  expect(told.slice(-3)).toMatchObject([
    { stage: 'summarising', status: 'processing', progress: 90 },
    { stage: 'publishing', status: 'processing', progress: 90, message: 'Publishing' },
    { stage: 'done', status: 'completed', progress: 100 },
  ])
})

it('publishes nothing that was made while another file lay in place of the inspected one', async () => {
  const { publish, row } = await finishedRun({ eTag: 'e2' })
  await expect(publish()).rejects.toMatchObject({ code: 'media.replaced' })
  expect(await row()).toMatchObject({ status: 'processing' })
})

it('leaves the files of the next run alone when a run that was given up publishes late', async () => {
  const { publish, row, cleanups, userId, videoId, runId } = await finishedRun()
  await runs.markRunFailed(db.sql, {
    videoId,
    runId,
    failure: { code: 'media.timed_out', message: 'Too long.', retryable: true },
  })
  await runs.startRetry(db.sql, { userId, videoId })
  await runs.claimRun(db.sql, { videoId, runId: runId.replace(/-1$/, '-2'), attempt: 2 })
  await publish()
  expect(await row()).toMatchObject({ status: 'processing', attempt: 2 })
  expect(cleanups).toEqual([])
})

it('hands the summary to the worker that the pipeline did not write', async () => {
  const { publish, userId, videoId, sent } = await finishedRun({ transcript: 'ready' })
  const job = await jobs.createJob(db.sql, {
    id: randomUUID(),
    userId,
    videoId,
    attempt: 1,
    type: 'generate-summary',
    subject: 'vi',
  })
  await jobs.claimJob(db.sql, { jobId: job.id, progress: 20, abandonedBefore: new Date(0) })
  await publish()
  expect(await jobs.findJob(db.sql, { userId, jobId: job.id })).toMatchObject({
    status: 'queued',
    progress: 0,
  })
  expect(sent).toEqual([{ jobId: job.id, videoId, userId, language: 'vi' }])
})

it('hands the worker a summary, too, that the pipeline never came to, but none that is there or impossible', async () => {
  const missed = await finishedRun({ transcript: 'ready' })
  await missed.publish()
  expect(missed.sent).toMatchObject([{ videoId: missed.videoId, language: 'vi' }])

  const written = await finishedRun({ transcript: 'ready' })
  const step = {
    userId: written.userId,
    videoId: written.videoId,
    attempt: 1,
    type: 'generate-summary',
    subject: 'vi',
  } as const
  const { id: jobId } = await jobs.createJob(db.sql, { id: randomUUID(), ...step })
  await jobs.markJobsEnded(db.sql, { jobId }, { status: 'completed' })
  const silent = await finishedRun()
  for (const { publish } of [written, silent]) await publish()
  expect([...written.sent, ...silent.sent]).toEqual([])
})
