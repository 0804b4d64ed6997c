import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { runFfmpeg } from '../../media-task/ffmpeg.ts'
import { openOutput } from '../../media-task/output-file.ts'
import { runTask } from '../../media-task/run-task.ts'
import { operator } from '../../packages/local-aws/test/support/serve-s3.ts'
import { build } from '../../scripts/build.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import type { JobType } from '../../shared/contract/jobs.ts'
import type { MediaTaskMode } from '../../shared/contract/media-report.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import { listMediaFiles } from '../../shared/db/repositories/media-files.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import { findVideo } from '../../shared/db/repositories/videos.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { recordReport } from '../../shared/domain/runs/record-report.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { mediaReportKey } from '../../shared/kernel/object-keys.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ServedFiles, serveFiles } from '../support/engines.ts'
import * as fixtures from '../support/fixtures.ts'

const execute = promisify(execFile)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-task-test-'))
})
afterEach(() => rm(folder, { recursive: true }))

const isRoot = process.getuid?.() === 0
const FFMPEG_UID = 10_001
const users = [
  { name: 'as this user', user: {} },
  ...(isRoot ? [{ name: 'as a user of its own', user: { uid: FFMPEG_UID } }] : []),
]

describe('the processes of ffmpeg', () => {
  const endless = () => [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=1280x720',
    '-metadata',
    `comment=${folder}`,
    '-f',
    'null',
    '-',
  ]
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
    await expect(runFfmpeg(endless(), { timeoutMs: 60_000, signal: controller.signal })).rejects.toThrow(
      'stopped',
    )
    expect(await running()).toBe(0)
  })

  test.runIf(existsSync('/usr/bin/setpriv')).each(users)(
    'end with a task that is killed outright ($name)',
    async ({ user }) => {
      const script = `import { runFfmpeg } from '${join(import.meta.dirname, '../../media-task/ffmpeg.ts')}'
      await runFfmpeg(${JSON.stringify(endless())}, { timeoutMs: 60000, ...${JSON.stringify(user)} })`
      const task = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
        stdio: 'ignore',
      })
      while ((await running()) === 0) await sleep(50)
      task.kill('SIGKILL')
      await once(task, 'exit')
      await sleep(200)
      expect(await running()).toBe(0)
    },
  )
})

describe('a film that has taken ffmpeg over', () => {
  /**
   * Returns the reason why ffmpeg, as a user of its own, cannot copy a file into the work folder.
   */
  const copyInto = async (file: string) => {
    await chown(folder, 0, FFMPEG_UID)
    await chmod(folder, 0o770)
    const copy = ['-f', 'data', '-i', `file:${file}`, '-map', '0', '-c', 'copy', '-f', 'data', 'copy']
    const failure = await runFfmpeg(copy, { timeoutMs: 10_000, folder, uid: FFMPEG_UID }).catch(
      (error: Error) => error.message,
    )
    return failure ?? readFile(join(folder, 'copy'), 'utf8')
  }

  test.runIf(isRoot)(
    'reads the work folder, but neither a file beside it nor the environment of the task',
    async () => {
      await writeFile(join(folder, 'source'), 'a film')
      expect(await copyInto('source')).toBe('a film')
      const beside = await mkdtemp(join(tmpdir(), 'secret-'))
      await writeFile(join(beside, 'secret'), 'a secret')
      expect(await copyInto(join(beside, 'secret'))).toContain('Permission denied')
      expect(await copyInto(`/proc/${process.pid}/environ`)).toContain('Permission denied')
      await rm(beside, { recursive: true })
    },
  )

  test('cannot make the task send a file that it leaves a link to', async () => {
    await writeFile(join(folder, 'secret'), 'a secret')
    await symlink('secret', join(folder, 'audio.flac'))
    await expect(openOutput(join(folder, 'audio.flac'))).rejects.toMatchObject({ code: 'ELOOP' })
    await expect(openOutput(folder)).rejects.toThrow('is not an ordinary file')
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
    const run = { videoId: video.id, runId: `${video.id}-0123456789ab-1` }
    const storage = createStorage({ client: files.client, bucket: 'media' })
    const sourceEtag = await files.put(video.sourceKey!, file)
    await runs.claimRun(db.sql, { ...run, attempt: 1 })
    for (const type of ['extract-audio', 'generate-thumbnail'] as const)
      await jobs.createJob(db.sql, { id: createId(), userId: user.id, videoId: video.id, attempt: 1, type })
    const transact = createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} })
    const source = { key: video.sourceKey!, eTag: sourceEtag, bucket: 'media', sizeBytes: 1 }
    return {
      ...run,
      source,
      storage,
      run: (mode: MediaTaskMode, changed: { sourceEtag?: string } = {}) => {
        vi.stubEnv('TMPDIR', folder)
        return runTask({
          ...{ storage, ...run, mode, sourceKey: source.key, sourceEtag, language: undefined, ...changed },
          sendProgress: async () => {},
          ffmpegUid: isRoot ? FFMPEG_UID : undefined,
          log: { info: () => {}, warn: () => {}, error: () => {} },
          signal: new AbortController().signal,
        })
      },
      record: (mode: MediaTaskMode) =>
        recordReport(
          { transact, storage },
          {
            runId: run.runId,
            input: { ...source, videoId: video.id, userId: user.id, attempt: 1 },
            mode,
            film: { key: source.key, eTag: sourceEtag, language: '', normalise: mode === 'normalise' },
          },
        ),
      row: async () => (await findVideo(db.sql, { userId: user.id, videoId: video.id }))!,
      files: () => listMediaFiles(db.sql, { videoId: video.id }),
      keys: async () =>
        (await storage.list(`media/${video.id}/`)).map(object => object.key.split('/').slice(3).join('/')),
      job: (type: JobType) => jobs.findNewestJob(db.sql, { videoId: video.id, type }),
    }
  }

  afterEach(() => vi.unstubAllEnvs())

  test('leaves its products and a report in the bucket and nothing on the disk; a repetition changes nothing', async () => {
    const task = await prepare(await fixtures.videoWithSubtitles())
    const names = ['audio.flac', 'captions/0.vi.vtt', 'storyboard.jpg', 'storyboard.vtt', 'thumbnail.jpg']
    for (const _ of ['first', 'again']) {
      expect(await task.run('extract')).toBe(0)
      expect((await task.keys()).sort()).toEqual([...names, 'extract/report.json'].sort())
      expect(await readdir(folder)).toEqual([])
      await task.record('extract')
      expect((await task.files()).map(({ url }) => url.split('/').slice(6).join('/')).sort()).toEqual(names)
      expect(await task.row()).toMatchObject({
        status: 'processing',
        stage: 'extracting',
        duration: 8,
        thumbnailUrl: `s3://media/media/${task.videoId}/${task.runId}/thumbnail.jpg`,
      })
      expect(await task.job('extract-audio')).toMatchObject({
        status: 'completed',
        result: { sampleRate: 16_000 },
      })
      expect(await task.job('generate-thumbnail')).toMatchObject({ status: 'completed', progress: 100 })
    }
  })

  test('leaves a film that MediaConvert reads beside the file that it does not', async () => {
    const task = await prepare(await fixtures.flvVideo())
    expect(await task.run('normalise')).toBe(0)
    expect((await task.keys()).sort()).toEqual(['normalise/report.json', 'normalised.mp4'])
    await task.record('normalise')
    expect(await task.files()).toMatchObject([{ kind: 'normalised', contentType: 'video/mp4' }])
    expect(await task.row()).toMatchObject({ status: 'processing', metadata: { hasAudio: true } })
  })

  test('reports why a file is refused, and does not ask to be run again', async () => {
    const task = await prepare(await fixtures.notAVideo())
    expect(await task.run('extract')).toBe(0)
    await expect(task.record('extract')).rejects.toMatchObject({ code: 'media.unreadable' })
    expect(await readdir(folder)).toEqual([])
  })

  test('refuses a file that was put in place of the one that was inspected', async () => {
    const task = await prepare(await fixtures.silentVideo())
    expect(await task.run('extract', { sourceEtag: '0123456789abcdef0123456789abcdef' })).toBe(0)
    expect(await task.keys()).toEqual(['extract/report.json'])
    await expect(task.record('extract')).rejects.toMatchObject({ code: 'media.replaced' })
  })

  test('has its report recorded only for the run that the video belongs to', async () => {
    const task = await prepare(await fixtures.silentVideo())
    expect(await task.run('normalise')).toBe(0)
    await db.sql`UPDATE videos SET run_id = 'another' WHERE id = ${task.videoId}`
    await expect(task.record('normalise')).rejects.toMatchObject({ code: 'media.cancelled' })
    expect(await task.files()).toEqual([])
  })

  test('leaves no report after a failure that a repetition may cure', async () => {
    const task = await prepare(await fixtures.silentVideo())
    vi.stubEnv('PATH', '/nowhere')
    expect(await task.run('extract')).toBe(1)
    expect(await task.keys()).toEqual([])
    await expect(task.record('extract')).rejects.toThrow('The media task has left no report')
  })

  const film = {
    container: 'mov',
    durationMs: 1,
    width: 2,
    height: 2,
    rotation: 0,
    frameRate: 25,
    videoCodec: 'h264',
    hasAudio: false,
    bitrate: 1,
    ...{ hdr: false, wideColour: false, interlaced: false },
  }
  const caption = {
    kind: 'caption',
    contentType: 'text/vtt',
    sizeBytes: 1,
    details: { index: 0, codec: 'subrip', role: 'full' },
  }
  test.each([
    [
      'a product outside the run',
      {
        outcome: 'done',
        film,
        products: [{ ...caption, name: '../../another/run/audio.flac' }],
        warnings: [],
      },
    ],
    [
      'a reason of another part of the hub',
      { outcome: 'refused', code: 'auth.token_expired', message: 'Sign in again.' },
    ],
    ['a text without end', { outcome: 'refused', code: 'media.unreadable', message: 'x'.repeat(300_000) }],
    [
      'a length below zero',
      { outcome: 'done', film: { ...film, durationMs: -1 }, products: [], warnings: [] },
    ],
  ])('is not believed when it reports %s', async (_, report) => {
    const task = await prepare(await fixtures.silentVideo())
    await task.storage.put(mediaReportKey(task.videoId, task.runId, 'extract'), JSON.stringify(report), {
      contentType: 'application/json',
    })
    await expect(task.record('extract')).rejects.not.toHaveProperty('type')
    expect(await task.files()).toEqual([])
    expect(await task.row()).toMatchObject({ status: 'processing', duration: null })
  })

  test('runs from the files that the Dockerfile copies, without a database and though its progress cannot be sent', async () => {
    await build({ outDir: join(folder, 'dist'), only: ['media-task'] })
    const dockerfile = await readFile(join(import.meta.dirname, '../../media-task/Dockerfile'), 'utf8')
    const sources = [...dockerfile.matchAll(/^COPY (?:--\S+ )*(\S+) /gm)].map(([, source]) =>
      join(folder, source!),
    )
    for (const source of sources) expect(existsSync(source)).toBe(true)

    const task = await prepare(await fixtures.videoWithoutAudio())
    const environment = {
      ...{
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        AWS_S3_BUCKET: 'media',
        AWS_REGION: 'us-east-1',
        FFMPEG_UID: `${FFMPEG_UID}`,
      },
      ...{
        AWS_ENDPOINT_URL_S3: files.url,
        AWS_ACCESS_KEY_ID: operator.accessKeyId,
        AWS_SECRET_ACCESS_KEY: operator.secretAccessKey,
      },
      ...{
        MEDIA_PROGRESS_QUEUE_URL: 'http://127.0.0.1:9/progress',
        AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9',
        AWS_MAX_ATTEMPTS: '1',
      },
      ...{
        VIDEO_ID: task.videoId,
        RUN_ID: task.runId,
        SOURCE_KEY: task.source.key,
        SOURCE_ETAG: task.source.eTag,
      },
      ...{ MEDIA_TASK_MODE: 'extract', POWERTOOLS_LOG_LEVEL: 'ERROR' },
    }
    const container = spawn(process.execPath, [join(sources[0]!, 'index.mjs')], {
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    expect(await once(container, 'exit')).toEqual([0, null])
    expect((await task.keys()).sort()).toEqual([
      'extract/report.json',
      'storyboard.jpg',
      'storyboard.vtt',
      'thumbnail.jpg',
    ])
  })
})
