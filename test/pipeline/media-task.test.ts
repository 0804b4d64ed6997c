import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { runFfmpeg } from '../../media-task/ffmpeg.ts'
import { createRecord } from '../../media-task/record.ts'
import { runTask } from '../../media-task/run-task.ts'
import { build } from '../../scripts/build.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import type { JobType } from '../../shared/contract/jobs.ts'
import { listEvents } from '../../shared/db/repositories/events.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import { listMediaFiles } from '../../shared/db/repositories/media-files.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import { findVideo } from '../../shared/db/repositories/videos.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { reportProgress } from '../../shared/domain/runs/report-progress.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ServedFiles, serveFiles } from '../support/engines.ts'
import * as fixtures from '../support/fixtures.ts'
import { operator } from '../support/local-s3.ts'

const execute = promisify(execFile)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-task-test-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('the processes of ffmpeg', () => {
  const endless = () => ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720', '-metadata', `comment=${folder}`, '-f', 'null', '-']
  const running = async () => {
    const { stdout } = await execute('ps', ['-eo', 'args'])
    return stdout.split('\n').filter(line => line.startsWith('ffmpeg ') && line.includes(folder)).length
  }

  test('end at the deadline', async () => {
    await expect(runFfmpeg(endless(), { timeoutMs: 300 })).rejects.toMatchObject({ code: 'media.timed_out' })
    expect(await running()).toBe(0)
  })

  test('end when the task is stopped', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('stopped')), 300)
    await expect(runFfmpeg(endless(), { timeoutMs: 60_000, signal: controller.signal })).rejects.toThrow('stopped')
    expect(await running()).toBe(0)
  })

  test.runIf(existsSync('/usr/bin/setpriv'))('end with a task that is killed outright', async () => {
    const script = `import { runFfmpeg } from '${join(import.meta.dirname, '../../media-task/ffmpeg.ts')}'
      await runFfmpeg(${JSON.stringify(endless())}, { timeoutMs: 60000 })`
    const task = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], { stdio: 'ignore' })
    while ((await running()) === 0) await sleep(50)
    task.kill('SIGKILL')
    await once(task, 'exit')
    await sleep(200)
    expect(await running()).toBe(0)
  })
})

describe('the media task', () => {
  let db: TestDatabase
  let files: ServedFiles
  beforeAll(async () => {
    db = await createTestDatabase()
    files = await serveFiles()
  })
  afterAll(async () => {
    await files.close()
    await db.close()
  })

  /** A run of the pipeline that has come to the media task, with its file in the bucket. */
  const prepare = async (file: string) => {
    const user = await addUser(db.sql)
    const video = await addVideo(db.sql, { userId: user.id })
    const runId = `${video.id}-0123456789ab-1`
    await files.put(video.sourceKey!, file)
    await runs.claimRun(db.sql, { videoId: video.id, runId, attempt: 1 })
    const storage = createStorage({ client: files.client, bucket: 'media' })
    const transact = createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} })
    const run = (mode: 'normalise' | 'extract', { sourceEtag = null }: { sourceEtag?: string | null } = {}) => {
      vi.stubEnv('TMPDIR', folder)
      return runTask({
        storage,
        record: createRecord({ sql: db.sql, transact, storage, video, runId }),
        mode,
        sourceKey: video.sourceKey!,
        sourceEtag,
        report: share => reportProgress({ transact }, { videoId: video.id, runId, stage: 'extracting', share }),
        log: { info: () => {}, warn: () => {}, error: () => {} },
        controller: new AbortController(),
      })
    }
    const key = { userId: user.id, videoId: video.id }
    return {
      run,
      runId,
      video,
      row: async () => (await findVideo(db.sql, key))!,
      files: () => listMediaFiles(db.sql, { videoId: video.id }),
      keys: async () => (await storage.list(`media/${video.id}/`)).map(object => object.key.split('/').slice(3).join('/')),
      events: () => listEvents(db.sql, { userId: user.id, after: 0, limit: 100 }),
      job: (type: JobType) => jobs.findNewestJob(db.sql, { videoId: video.id, type }),
    }
  }

  afterEach(() => vi.unstubAllEnvs())

  test('leaves its products in the bucket, their notes in the database and nothing on the disk; a repetition changes nothing', async () => {
    const task = await prepare(await fixtures.videoWithSubtitles())
    const names = ['audio.flac', 'captions/0.vi.vtt', 'storyboard.jpg', 'storyboard.vtt', 'thumbnail.jpg']
    for (const _ of ['first', 'again']) {
      expect(await task.run('extract')).toBe(0)
      expect((await task.keys()).sort()).toEqual(names)
      expect((await task.files()).map(({ url }) => url.split('/').slice(6).join('/')).sort()).toEqual(names)
      expect(await task.row()).toMatchObject({
        status: 'processing',
        duration: 8,
        thumbnailUrl: `s3://media/media/${task.video.id}/${task.runId}/thumbnail.jpg`,
      })
      expect(await task.job('generate-thumbnail')).toMatchObject({ status: 'completed', progress: 100 })
      expect(await readdir(folder)).toEqual([])
    }
  })

  test('tells the owner why a file is refused, once, and does not ask to be run again', async () => {
    const task = await prepare(await fixtures.notAVideo())
    expect(await task.run('extract')).toBe(0)
    expect(await task.row()).toMatchObject({ status: 'error', metadata: { error: { code: 'media.unreadable', retryable: false } } })
    expect(await task.job('extract-audio')).toMatchObject({ status: 'failed' })
    const told = (await task.events()).events.length
    expect(await task.run('extract')).toBe(0)
    expect((await task.events()).events).toHaveLength(told)
    expect(await readdir(folder)).toEqual([])
  })

  test('refuses a file that was put in place of the one that was inspected', async () => {
    const task = await prepare(await fixtures.silentVideo())
    expect(await task.run('extract', { sourceEtag: '0123456789abcdef0123456789abcdef' })).toBe(0)
    expect(await task.row()).toMatchObject({ status: 'error', metadata: { error: { code: 'media.replaced' } } })
    expect(await task.keys()).toEqual([])
  })

  test('leaves a film that MediaConvert reads beside the file that it does not', async () => {
    const task = await prepare(await fixtures.flvVideo())
    expect(await task.run('normalise')).toBe(0)
    expect(await task.keys()).toEqual(['normalised.mp4'])
    expect(await task.files()).toMatchObject([{ kind: 'normalised', contentType: 'video/mp4' }])
    expect(await task.row()).toMatchObject({ status: 'processing', metadata: { hasAudio: true } })
  })

  test('stops without a trace when the video belongs to another run by now', async () => {
    const task = await prepare(await fixtures.silentVideo())
    await db.sql`UPDATE videos SET run_id = 'another' WHERE id = ${task.video.id}`
    expect(await task.run('normalise')).toBe(0)
    expect(await task.keys()).toEqual([])
    expect(await task.row()).toMatchObject({ status: 'processing' })
  })

  test('leaves a fault of ours to be tried again', async () => {
    const task = await prepare(await fixtures.silentVideo())
    vi.stubEnv('PATH', '/nowhere')
    expect(await task.run('extract')).toBe(1)
    expect(await task.row()).toMatchObject({ status: 'processing' })
  })

  test('runs from the files that the Dockerfile copies, though nobody can be woken', async () => {
    await build({ outDir: join(folder, 'dist'), only: ['media-task'] })
    const dockerfile = await readFile(join(import.meta.dirname, '../../media-task/Dockerfile'), 'utf8')
    const sources = [...dockerfile.matchAll(/^COPY (?:--\S+ )*(\S+) /gm)].map(([, source]) => join(folder, source!))
    for (const source of sources) expect(existsSync(source)).toBe(true)

    const task = await prepare(await fixtures.videoWithoutAudio())
    const environment = {
      ...{
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        DATABASE_URL: db.url,
        AWS_S3_BUCKET: 'media',
        AWS_REGION: 'us-east-1',
      },
      ...{ AWS_ENDPOINT_URL_S3: files.url, AWS_ACCESS_KEY_ID: operator.accessKeyId, AWS_SECRET_ACCESS_KEY: operator.secretAccessKey },
      ...{ EVENTS_QUEUE_URL: 'http://127.0.0.1:9/events.fifo', AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' },
      ...{ VIDEO_ID: task.video.id, USER_ID: task.video.userId, RUN_ID: task.runId, POWERTOOLS_LOG_LEVEL: 'ERROR' },
      ...{ SOURCE_KEY: task.video.sourceKey!, MEDIA_TASK_MODE: 'extract' },
    }
    const container = spawn(process.execPath, [join(sources[0]!, 'index.mjs')], {
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    expect(await once(container, 'exit')).toEqual([0, null])
    expect((await task.keys()).sort()).toEqual(['storyboard.jpg', 'storyboard.vtt', 'thumbnail.jpg'])
  })
})
