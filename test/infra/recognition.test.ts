import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeleteTranscriptionJobCommand,
  GetTranscriptionJobCommand,
  ListTranscriptionJobsCommand,
  StartTranscriptionJobCommand,
} from '@aws-sdk/client-transcribe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Keyring } from '../../packages/local-aws/src/iam/keyring.ts'
import { operator } from '../../packages/local-aws/test/support/serve-s3.ts'
import { createTranscriber } from '../../shared/providers/transcriber/transcribe.ts'
import { type ServedFiles, serveFiles, serveTranscribe } from '../support/engines.ts'
import { silentVideo, speechClips, talkingVideo } from '../support/fixtures.ts'

describe('the local Transcribe', () => {
  let files: ServedFiles
  let folder: string
  let transcribe: Awaited<ReturnType<typeof serveTranscribe>>
  const mediaOf = (key: string) => ({ Media: { MediaFileUri: `s3://media/${key}` } })

  const putSound = async (key: string, args: string[]) => {
    const file = join(folder, key)
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, '-ac', '1', '-ar', '16000', file])
    await files.put(key, file)
  }
  beforeAll(async () => {
    files = await serveFiles()
    folder = await mkdtemp(join(tmpdir(), 'transcribe-media-'))
    transcribe = await serveTranscribe(files)
    // Ten seconds of silence, then "he was not an ill disposed young man".
    await putSound('late.flac', ['-i', speechClips()[2]!.file, '-af', 'adelay=10000,apad=pad_dur=1'])
    await putSound('silent.flac', ['-i', await silentVideo(), '-vn'])
    await putSound('blink.flac', ['-i', speechClips()[2]!.file, '-t', '0.4'])
    await putSound('noise.flac', [
      '-f',
      'lavfi',
      '-i',
      'anoisesrc=color=pink:amplitude=0.3:duration=5:seed=1',
    ])
    await putSound('talking.flac', ['-i', await talkingVideo(), '-vn'])
  })
  afterAll(async () => {
    await transcribe.close()
    await files.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('writes the words with their times in the recording, and a full stop where the speaker pauses', async () => {
    const { job, file } = await transcribe.run('late', {
      LanguageCode: 'en-US',
      MediaFormat: 'flac',
      ...mediaOf('late.flac'),
    })
    expect(job).toMatchObject({ TranscriptionJobStatus: 'COMPLETED', LanguageCode: 'en-US' })
    expect(job.Transcript?.TranscriptFileUri).toBe(`${files.url}/media/late.json`)
    expect(job.CompletionTime).toBeInstanceOf(Date)
    const { items, transcripts, audio_segments: segments } = file!.results
    const first = items.find(({ alternatives }) => alternatives[0]!.content === 'he')!
    expect(Math.abs(Number(first.start_time) - 10.2)).toBeLessThan(0.3)
    expect(items.at(-1)).toMatchObject({ type: 'punctuation', alternatives: [{ content: '.' }] })
    expect(transcripts[0]!.transcript).toMatch(/^he was not .* man\.$/)
    expect(segments).toMatchObject([{ transcript: transcripts[0]!.transcript, start_time: first.start_time }])
    for (const { alternatives, type } of items)
      if (type === 'pronunciation') expect(Number(alternatives[0]!.confidence)).toBeGreaterThanOrEqual(0.01)
  })

  it('finds no words in silence and in noise', async () => {
    for (const name of ['silent', 'noise']) {
      const { job, file } = await transcribe.run(name, { LanguageCode: 'en-US', ...mediaOf(`${name}.flac`) })
      expect(job.TranscriptionJobStatus).toBe('COMPLETED')
      expect(file!.results).toMatchObject({ transcripts: [{ transcript: '' }], items: [] })
    }
    expect(await readdir(transcribe.dataDir)).toEqual([])
  })

  it.each([
    [
      'silence whose language is to be identified',
      'silent.flac',
      /^Your audio file must have a speech segment long enough in duration/,
    ],
    ['less than half a second of sound', 'blink.flac', /^The input media file length is too small\./],
  ])('fails for %s in the words of Transcribe, which means that nobody speaks', async (_, key, message) => {
    const transcriber = createTranscriber({ client: transcribe.client, bucket: 'media' })
    const name = `heard-${key}`
    await transcriber.start({ name, audioKey: key, outputKey: `${name}.json` })
    const state = () => transcriber.check(name)
    await expect
      .poll(state, { timeout: 20_000 })
      .toMatchObject({ status: 'failed', reason: 'no_speech', message: expect.stringMatching(message) })
  })

  it('refuses a language that Transcribe has never heard of, and takes one without its region or with another', async () => {
    const transcriber = createTranscriber({ client: transcribe.client, bucket: 'media' })
    const start = (name: string, language: string) =>
      transcriber.start({ name, audioKey: 'silent.flac', outputKey: `${name}.json`, language })
    expect(await start('unheard', 'xx-YYYY')).toMatchObject({
      status: 'failed',
      reason: 'language_not_supported',
    })
    expect(await start('without-region', 'pt')).toEqual({ status: 'running' })
    expect(await start('without-region', 'pt')).toEqual({ status: 'running' })
    for (const language of ['en-us', 'de-AT'])
      expect(await start(language, language)).toEqual({ status: 'running' })
  })

  it('says which language it does not know', async () => {
    const named = await transcribe.run('vi', { LanguageCode: 'vi-VN', ...mediaOf('late.flac') })
    const among = await transcribe.run('vi-or-fr', {
      IdentifyLanguage: true,
      LanguageOptions: ['vi-VN', 'fr-FR'],
      ...mediaOf('late.flac'),
    })
    for (const { job } of [named, among]) {
      expect(job.TranscriptionJobStatus).toBe('FAILED')
      expect(job.FailureReason).toMatch(
        /^The language code you provided isn't supported: vi-VN.*English only/,
      )
    }
  })

  it('listens to every English, and says that it was the one asked for', async () => {
    const { job, file } = await transcribe.run('british', { LanguageCode: 'en-GB', ...mediaOf('late.flac') })
    expect(job).toMatchObject({ TranscriptionJobStatus: 'COMPLETED', LanguageCode: 'en-GB' })
    expect(file!.results.transcripts[0]!.transcript).toMatch(/^he was not .* man\.$/)
  })

  it('fails with a reason for what is no sound, is not there, or without an engine', async () => {
    await files.put('text.flac', join(import.meta.dirname, '../media/README.md'))
    const run = (name: string) => transcribe.run(name, { LanguageCode: 'en-US', ...mediaOf(name) })
    expect((await run('text.flac')).job.FailureReason).toMatch(
      /^The data in your input media file isn't valid\./,
    )
    expect((await run('missing.flac')).job.FailureReason).toMatch(/doesn't exist/)
    const bare = await serveTranscribe(files, { environment: { PATH: '/nowhere' } })
    const { job } = await bare.run('bare', { LanguageCode: 'en-US', ...mediaOf('late.flac') })
    await bare.close()
    expect(job).toMatchObject({
      TranscriptionJobStatus: 'FAILED',
      FailureReason: expect.stringMatching(/^No speech engine was found/),
    })
  })

  it('refuses a used name, an unknown job and a request without a language', async () => {
    const start = (input: object) =>
      transcribe.client.send(
        new StartTranscriptionJobCommand({
          TranscriptionJobName: 'twice',
          OutputBucketName: 'media',
          ...mediaOf('silent.flac'),
          ...input,
        }),
      )
    await start({ LanguageCode: 'en-US' })
    await expect(start({ LanguageCode: 'en-US' })).rejects.toMatchObject({ name: 'ConflictException' })
    await expect(start({ TranscriptionJobName: 'mute' })).rejects.toMatchObject({
      name: 'BadRequestException',
    })
    await expect(
      transcribe.client.send(new GetTranscriptionJobCommand({ TranscriptionJobName: 'none' })),
    ).rejects.toMatchObject({
      name: 'BadRequestException',
      message: expect.stringContaining("couldn't be found"),
    })
    const { TranscriptionJobSummaries: all } = await transcribe.client.send(
      new ListTranscriptionJobsCommand({ JobNameContains: 'twi' }),
    )
    expect(all).toMatchObject([{ TranscriptionJobName: 'twice' }])
  })

  it('stops the recogniser when the job is deleted', async () => {
    const name = 'deleted'
    await transcribe.client.send(
      new StartTranscriptionJobCommand({
        TranscriptionJobName: name,
        OutputBucketName: 'media',
        LanguageCode: 'en-US',
        ...mediaOf('talking.flac'),
      }),
    )
    const controls = async () =>
      (await readdir(transcribe.dataDir, { recursive: true })).filter(file => file.endsWith('.ctl'))
    while ((await controls()).length === 0) await sleep(20)
    await transcribe.client.send(new DeleteTranscriptionJobCommand({ TranscriptionJobName: name }))
    while ((await readdir(transcribe.dataDir)).length > 0) await sleep(20)
    await expect(files.text('deleted.json')).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  it('prefers whisper.cpp when WHISPER_MODEL is given, hears Vietnamese with it, and names languages as it does', async () => {
    const piece = (text: string, from: number, to: number) => ({
      text,
      offsets: { from, to },
      tokens: [{ text, p: 0.9 }],
    })
    const transcription = [
      piece(' Xin', 100, 400),
      piece(' chào.', 400, 900),
      piece(' [BLANK_AUDIO]', 900, 2000),
      piece(' Trí', 2000, 2300),
    ]
    const script = join(folder, 'whisper-cli')
    await writeFile(
      script,
      `#!${process.execPath}\nconst { argv } = process, after = name => argv[argv.indexOf(name) + 1]
if (!['auto', 'tl'].includes(after('--language'))) process.exit(1)
require('node:fs').writeFileSync(after('--output-file') + '.json', ${JSON.stringify(JSON.stringify({ result: { language: 'vi' }, transcription }))})`,
    )
    await chmod(script, 0o755)
    const environment = { PATH: `${folder}:${process.env.PATH}`, WHISPER_MODEL: '/models/ggml-small.bin' }
    const server = await serveTranscribe(files, { environment })
    const { job, file } = await server.run('whispered', { IdentifyLanguage: true, ...mediaOf('late.flac') })
    const { job: tagalog } = await server.run('tagalog', { LanguageCode: 'tl-PH', ...mediaOf('late.flac') })
    await server.close()
    expect(tagalog).toMatchObject({ TranscriptionJobStatus: 'COMPLETED', LanguageCode: 'tl-PH' })
    expect(job).toMatchObject({ TranscriptionJobStatus: 'COMPLETED', LanguageCode: 'vi-VN' })
    expect(file!.results.transcripts[0]!.transcript).toBe('Xin chào. Trí')
    expect(file!.results.items[1]).toMatchObject({
      start_time: '0.400',
      end_time: '0.900',
      alternatives: [{ confidence: '0.900' }],
    })
  })

  it('lets a role do only what its policies allow', async () => {
    const keyring: Keyring = {
      operator,
      issue: () => operator,
      secretOf: id => (id === operator.accessKeyId ? operator.secretAccessKey : undefined),
      authorize: (_, action) => action !== 'transcribe:DeleteTranscriptionJob',
    }
    const guarded = await serveTranscribe(files, { keyring })
    const { job } = await guarded.run('guarded', { LanguageCode: 'en-US', ...mediaOf('silent.flac') })
    expect(job.TranscriptionJobStatus).toBe('COMPLETED')
    const remove = guarded.client.send(new DeleteTranscriptionJobCommand({ TranscriptionJobName: 'guarded' }))
    await expect(remove).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await guarded.close()
  })
})
