import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildLayer } from '../../layers/media-tools/build.ts'
import { createRangedReader } from '../../shared/aws/ranged-reader.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import type { PipelineInput } from '../../shared/contract/pipeline.ts'
import { failure } from '../../shared/contract/problems.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import * as uploads from '../../shared/db/repositories/uploads.ts'
import { findVideo } from '../../shared/db/repositories/videos.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { readMediaInfo } from '../../shared/domain/media/media-info.ts'
import { inspectSource } from '../../shared/domain/pipeline/inspect-source.ts'
import { failVideo } from '../../shared/domain/runs/fail-video.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ServedFiles, serveFiles } from '../support/engines.ts'
import * as fixtures from '../support/fixtures.ts'

let db: TestDatabase
let files: ServedFiles
let layer: string
beforeAll(async () => {
  layer = await mkdtemp(join(tmpdir(), 'media-tools-'))
  await buildLayer(layer)
  ;[db, files] = await Promise.all([createTestDatabase(), serveFiles()])
})
afterAll(async () => {
  await Promise.all([files.close(), db.close(), rm(layer, { recursive: true })])
})

/**
 * A run that has its place, with its file in the bucket, announced as `contentType` and sent in the
 * way of `kind`.
 */
const admitted = async (
  file: string,
  { contentType = 'video/mp4', kind = 'post' as 'post' | 'form' } = {},
) => {
  const { id: userId } = await addUser(db.sql)
  const { id: videoId, sourceKey } = await addVideo(db.sql, { userId })
  const key = sourceKey!
  const storage = createStorage({ client: files.client, bucket: 'media' })
  const put = async (path: string) => {
    await files.client.send(
      new PutObjectCommand({
        Bucket: 'media',
        Key: key,
        Body: await readFile(path),
        ContentType: contentType,
      }),
    )
    return (await storage.head(key))!
  }
  const { eTag, sizeBytes } = await put(file)
  await uploads.createUpload(db.sql, {
    videoId,
    kind,
    bucket: 'media',
    key,
    contentType,
    sizeBytes,
    expiresAt: new Date(),
  })
  const run = { videoId, runId: `${videoId}-0123456789ab-1` }
  await runs.claimRun(db.sql, { ...run, attempt: 1 })
  const input = { videoId, userId, attempt: 1, bucket: 'media', key, eTag, sizeBytes }
  const reader = (source: PipelineInput) => createRangedReader({ client: files.client, ...source })
  const deps = {
    ...{ sql: db.sql, createId, storage },
    transact: createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} }),
    readStart: (source: PipelineInput) => reader(source).read(1024, 0),
    readMediaInfo: (source: PipelineInput) => readMediaInfo(reader(source), layer),
  }
  return {
    ...{ run, put, key, eTag },
    copy: `media/${videoId}/${run.runId}/source.mp4`,
    inspect: ({ meanwhile = async () => {} }: { meanwhile?: () => Promise<unknown> } = {}) =>
      inspectSource(
        { ...deps, readStart: source => meanwhile().then(() => deps.readStart(source)) },
        { runId: run.runId, input },
      ),
    fail: () => deps.transact(tx => failVideo(tx, { ...run, failure: failure('media.timed_out') })),
    remove: () => storage.remove([key]),
    row: async () => (await findVideo(db.sql, { userId, videoId }))!,
    job: () => jobs.findNewestJob(db.sql, { videoId, type: 'extract-metadata' }),
    jobs: () => db.sql`SELECT type, status FROM jobs WHERE video_id = ${videoId} ORDER BY type`,
  }
}

describe('The inspection of a file', () => {
  test('writes down what it is and completes its step, again with the same outcome', async () => {
    const { inspect, row, job, copy, eTag } = await admitted(await fixtures.videoWithSubtitles())
    for (const _ of ['first', 'again']) {
      expect(await inspect()).toEqual({ key: copy, eTag, language: '', normalise: false })
      const metadata = {
        container: 'mp4',
        width: 640,
        height: 360,
        resolution: '640x360',
        videoCodec: 'h264',
        audioCodec: 'aac',
      }
      expect(await row()).toMatchObject({ status: 'processing', stage: 'inspecting', duration: 8, metadata })
      expect(await job()).toMatchObject({ status: 'completed', result: metadata })
    }
  })

  test('leaves the facts open that the file does not tell', async () => {
    const { inspect, row } = await admitted(await fixtures.endlessVideo(), {
      contentType: 'video/x-matroska',
    })
    expect(await inspect()).toMatchObject({ normalise: true })
    expect(await row()).toMatchObject({ duration: null, metadata: { container: 'mkv' } })
  })

  test('asks for a conversion of what MediaConvert does not read', async () => {
    const { inspect } = await admitted(await fixtures.aviVideo(), { contentType: 'video/avi' })
    expect(await inspect()).toMatchObject({ normalise: true })
  })

  test.each<[string, string, (run: Awaited<ReturnType<typeof admitted>>) => Promise<unknown>]>([
    ['was removed', 'media.source_missing', ({ remove }) => remove()],
    ['was replaced', 'media.replaced', async ({ put }) => put(await fixtures.silentVideo())],
  ])('refuses one that %s meanwhile, in whatever way it was sent: %s', async (_, code, change) => {
    for (const kind of ['post', 'form'] as const) {
      const run = await admitted(await fixtures.videoWithoutAudio(), { kind })
      await change(run)
      await expect(run.inspect()).rejects.toMatchObject({ code })
      expect(await run.row()).toMatchObject({ duration: null, metadata: null })
    }
  })

  test('gives the later steps what it has read itself, though the form brings another file afterwards', async () => {
    const film = await fixtures.videoWithoutAudio()
    const { inspect, put, copy, remove, row } = await admitted(film)
    await inspect()
    await put(await fixtures.silentVideo())
    expect(await inspect()).toMatchObject({ key: copy })
    await remove()
    expect(await inspect()).toMatchObject({ key: copy })
    expect(await row()).toMatchObject({ metadata: { hasAudio: false } })
    expect(Buffer.from(await files.bytes(copy)).equals(await readFile(film))).toBe(true)
  })

  test('leaves a file where it is that nobody can replace', async () => {
    const { inspect, key, copy } = await admitted(await fixtures.videoWithoutAudio(), { kind: 'form' })
    expect(await inspect()).toMatchObject({ key })
    await expect(files.bytes(copy)).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  test.each([
    ['is a web page', 'media.not_a_video', fixtures.notAVideo],
    ['was announced as another type', 'media.type_mismatch', fixtures.aviVideo],
  ])('refuses one that %s: %s', async (_, code, fixture) => {
    const { inspect, row } = await admitted(await fixture())
    await expect(inspect()).rejects.toMatchObject({ code })
    expect(await row()).toMatchObject({ duration: null, metadata: null })
  })

  test('begins nothing for a run that has ended', async () => {
    const { run, inspect, row, job } = await admitted(await fixtures.videoWithoutAudio())
    const cancelled = failure('media.cancelled')
    await runs.markRunFailed(db.sql, { ...run, failure: cancelled })
    await expect(inspect()).rejects.toMatchObject({ code: 'media.cancelled' })
    expect(await row()).toMatchObject({ status: 'error', duration: null, metadata: { error: cancelled } })
    expect(await job()).toBeUndefined()
  })

  test('leaves no open job behind when the run ends meanwhile', async () => {
    const { inspect, fail, jobs } = await admitted(await fixtures.videoWithoutAudio())
    await expect(inspect({ meanwhile: fail })).rejects.toMatchObject({ code: 'media.cancelled' })
    expect(await jobs()).toEqual([{ type: 'extract-metadata', status: 'failed' }])
  })
})
