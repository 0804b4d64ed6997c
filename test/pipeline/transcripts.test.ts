import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TranscribeClient } from '@aws-sdk/client-transcribe'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createStorage } from '../../shared/aws/storage.ts'
import type { CaptionRole } from '../../shared/contract/media-report.ts'
import type { PipelineInput } from '../../shared/contract/pipeline.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import * as mediaFiles from '../../shared/db/repositories/media-files.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import * as transcripts from '../../shared/db/repositories/transcripts.ts'
import * as videos from '../../shared/db/repositories/videos.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { publishRun } from '../../shared/domain/runs/publish-run.ts'
import { checkTranscript, startTranscript } from '../../shared/domain/transcripts/make-transcript.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { runIdOf } from '../../shared/kernel/run-id.ts'
import { createTranscriber, readTranscribeOutput } from '../../shared/providers/transcriber/transcribe.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ServedFiles, serveFiles, serveTranscribe } from '../support/engines.ts'
import { serveFailingTranscribe } from '../support/failing-transcribe.ts'
import { silentVideo } from '../support/fixtures.ts'

let db: TestDatabase
let files: ServedFiles
let folderOfSounds: string
let silence: string
beforeAll(async () => {
  folderOfSounds = await mkdtemp(join(tmpdir(), 'transcripts-test-'))
  silence = join(folderOfSounds, 'silence.flac')
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-i',
    await silentVideo(),
    '-vn',
    '-ac',
    '1',
    '-ar',
    '16000',
    silence,
  ])
  db = await createTestDatabase()
  files = await serveFiles()
})
afterAll(async () => {
  await files.close()
  await db.close()
  await rm(folderOfSounds, { recursive: true })
})

/** A run whose sound is extracted, and the two states that make its transcript. */
const runWithSound = async (client: TranscribeClient, { language }: { language?: string } = {}) => {
  const { id: userId } = await addUser(db.sql)
  const video = await addVideo(db.sql, { userId, ...(language && { language }) })
  const input: PipelineInput = {
    videoId: video.id,
    userId,
    attempt: 1,
    bucket: 'media',
    key: video.sourceKey!,
    eTag: 'e1',
    sizeBytes: 5,
  }
  const runId = runIdOf(input)
  const run = { videoId: video.id, runId }
  await runs.claimRun(db.sql, { ...run, attempt: 1 })
  const folder = `media/${video.id}/${runId}`
  const audio = {
    kind: 'audio',
    url: `s3://media/${folder}/audio.flac`,
    contentType: 'audio/flac',
    details: { durationMs: 6000 },
  }
  await files.put(`${folder}/audio.flac`, silence)
  await mediaFiles.saveMediaFile(db.sql, { ...run, ...audio })
  await runs.recordProducts(db.sql, {
    ...run,
    playbackUrl: `s3://media/${folder}/hls/master.m3u8`,
    metadata: { durationMs: 6000 },
  })
  const { getText: readText, put } = createStorage({ client: files.client, bucket: 'media' })
  const failures: string[] = []
  const cleanup = { send: async () => {} }
  const deps = {
    ...{ sql: db.sql, createId, readText },
    transact: createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} }),
    transcriber: createTranscriber({ client, bucket: 'media' }),
    readResult: readTranscribeOutput,
    onUnavailable: ({ error }: { error: string }) => void failures.push(error),
  }
  const task = { runId, input }
  const start = () => startTranscript(deps, task)
  const check = (transcript: unknown) => checkTranscript(deps, { ...task, state: { transcript } })
  return {
    runId,
    failures,
    start,
    check,
    /** A track with one cue of a second. */
    addSubtitles: async (
      index: number,
      language: string | null,
      text: string,
      { role = 'full' }: { role?: CaptionRole } = {},
    ) => {
      const key = `${folder}/captions/${index}.${language}.vtt`
      await put(key, `WEBVTT\n\n00:00.000 --> 00:01.000\n${text}\n`, { contentType: 'text/vtt' })
      const track = {
        kind: 'caption',
        url: `s3://media/${key}`,
        contentType: 'text/vtt',
        language,
        details: { index, role },
      }
      await mediaFiles.saveMediaFile(db.sql, { ...run, ...track })
    },
    tagSound: (language: string) => mediaFiles.saveMediaFile(db.sql, { ...run, ...audio, language }),
    /** Asks again with each answer until it is done, as the state machine does. */
    finish: async () => {
      let answer = await start()
      while (!answer.done) {
        await sleep(50)
        answer = await check(answer)
      }
    },
    publish: () =>
      publishRun(
        {
          ...deps,
          head: async () => ({ eTag: 'e1' }),
          findFaults: async () => [],
          cleanup,
          sendSummary: async () => {},
        },
        task,
      ),
    job: () => jobs.findNewestJob(db.sql, { videoId: video.id, type: 'generate-transcript' }),
    row: async () => (await videos.findVideo(db.sql, { userId, videoId: video.id }))!,
    words: async () =>
      (await transcripts.listSegments(db.sql, { userId, videoId: video.id })).map(({ text }) => text),
  }
}

describe('A video whose speech nobody here can recognise is processed all the same, and says why:', () => {
  it.each([
    ['a language that the engine does not know', { language: 'vi' }, {}, 'language_not_supported', 1],
    ['a language that Transcribe has never heard of', { language: 'xx' }, {}, 'language_not_supported', 1],
    [
      'an engine that is not there',
      { language: 'en' },
      { environment: { PATH: '/nowhere' } },
      'recogniser_unavailable',
      3,
    ],
    ['silence in whatever language', {}, {}, 'no_speech', 0],
  ])('%s', async (_, video, engine, reason, warnings) => {
    const transcribe = await serveTranscribe(files, engine)
    const run = await runWithSound(transcribe.client, video)
    await run.finish()
    await transcribe.close()
    await run.publish()
    const { status, transcriptStatus, transcriptReason, transcriptSource } = await run.row()
    expect({ status, transcriptStatus, transcriptReason, transcriptSource }).toEqual({
      status: 'processed',
      transcriptStatus: 'none',
      transcriptReason: reason,
      transcriptSource: null,
    })
    expect(await run.job()).toMatchObject({
      status: 'completed',
      result: { status: 'none', reason, segments: 0 },
    })
    expect(run.failures).toHaveLength(warnings)
  })
})

describe('A recogniser that fails for reasons of its own', () => {
  const internal = 'An internal failure occurred. Try your request again.'
  const unavailable = { transcriptStatus: 'none', transcriptReason: 'recogniser_unavailable' }
  let transcribe: Awaited<ReturnType<typeof serveFailingTranscribe>>
  const serve = async (...sentences: string[]) => {
    const write = (key: string, text: string) =>
      createStorage({ client: files.client, bucket: 'media' }).put(key, text, {
        contentType: 'application/json',
      })
    transcribe = await serveFailingTranscribe(sentences, { write })
    return runWithSound(transcribe.client)
  }
  afterEach(() => transcribe.close())

  it('costs no transcript: another job of the same run hears the words', async () => {
    const run = await serve(internal)
    await run.finish()
    expect(await run.words()).toEqual(['Xin chào'])
    expect(await run.row()).toMatchObject({ transcriptStatus: 'ready', transcriptLanguage: 'vi' })
    expect(run.failures).toEqual([internal])
    expect(transcribe.started()).toEqual([run.runId, `${run.runId}.2`])
  })

  it('is given three jobs, and then the video has no transcript', async () => {
    const run = await serve(internal, internal, internal)
    await run.finish()
    expect(await run.row()).toMatchObject(unavailable)
    expect(transcribe.started()).toEqual([run.runId, `${run.runId}.2`, `${run.runId}.3`])
  })

  it('is not started once more by a state that is repeated', async () => {
    const run = await serve(internal)
    const first = await run.start()
    expect(await run.check(first)).toEqual(await run.check(first))
    expect(transcribe.started()).toHaveLength(2)
  })

  it('is not asked again about sound that it cannot read', async () => {
    const run = await serve(
      "The data in your input media file isn't valid. Check the media file and try your request again.",
    )
    await run.finish()
    expect(await run.row()).toMatchObject(unavailable)
    expect(transcribe.started()).toEqual([run.runId])
  })
})

describe('Subtitles', () => {
  const kept = async (tracks: [string | null, string, CaptionRole?][], sound?: string) => {
    const run = await runWithSound(new TranscribeClient({ region: 'us-east-1' }), {})
    if (sound) await run.tagSound(sound)
    for (const [i, [language, text, role]] of tracks.entries())
      await run.addSubtitles(i, language, text, { ...(role && { role }) })
    await run.start().catch(() => {})
    return run.words()
  }

  it.each<[string, [string | null, string, CaptionRole?][], string | undefined, string[]]>([
    [
      'of signs alone are not what was said',
      [
        ['en', '[speaks Elvish]', 'forced'],
        ['en', 'Hello'],
      ],
      undefined,
      ['Hello'],
    ],
    [
      'with what is heard come after those without',
      [
        ['en', '(door) Hello', 'impaired'],
        ['en', 'Hello'],
      ],
      undefined,
      ['Hello'],
    ],
    [
      'with what is heard are better than none',
      [['en', '(door) Hello', 'impaired']],
      undefined,
      ['(door) Hello'],
    ],
    ['of a commentary are not what was said', [['en', 'Here we shot at night', 'commentary']], undefined, []],
    [
      'in the language of the sound come first',
      [
        ['es', 'Hola'],
        ['en', 'Hello'],
      ],
      'en',
      ['Hello'],
    ],
    ['that only translate are not what was said', [['es', 'Hola']], 'en', []],
    ['whose language nobody says are taken at their word', [[null, 'Hello']], 'en', ['Hello']],
    [
      'of a drone are not what was said',
      [
        ['en', 'GPS (105.8342, 21.0278, 19), D 42.0m'],
        ['en', 'Hello'],
      ],
      'en',
      ['Hello'],
    ],
  ])('%s', async (_, tracks, sound, words) => {
    expect(await kept(tracks, sound)).toEqual(words)
  })
})

describe('Subtitles in several languages', () => {
  it.each(['vie', 'vi-vn', 'vi'])(
    'give the transcript in the spoken one, also when the user calls it %s',
    async language => {
      const run = await runWithSound(new TranscribeClient(), { language })
      await run.addSubtitles(0, 'en', 'Hello')
      await run.addSubtitles(1, 'vi', 'Xin chào')
      expect(await run.start()).toEqual({ done: true })
      expect(await run.words()).toEqual(['Xin chào'])
      expect(await run.row()).toMatchObject({
        transcriptStatus: 'ready',
        transcriptLanguage: 'vi',
        transcriptSource: 'embedded',
      })
    },
  )
})
