import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CancelJobCommand,
  CreateJobCommand,
  GetJobCommand,
  type Job,
  type JobSettings,
  ListJobsCommand,
  MediaConvertClient,
} from '@aws-sdk/client-mediaconvert'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import HLS from 'hls-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startMediaConvert } from '../../packages/local-aws/src/services/mediaconvert/server.ts'
import { operator, operatorKeyring, reader } from '../../packages/local-aws/test/support/serve-s3.ts'
import { transcodeSettings } from '../../shared/domain/media/transcode-settings.ts'
import { type ServedFiles, serveFiles } from '../support/engines.ts'
import * as fixtures from '../support/fixtures.ts'

const SDR = { hdr: false, wideColour: false, interlaced: false }
const role = 'arn:aws:iam::000000000000:role/media-convert'

describe('the local MediaConvert', () => {
  let files: ServedFiles
  let folder: string
  let server: Awaited<ReturnType<typeof startMediaConvert>>
  let client: MediaConvertClient
  const statuses: string[] = []

  beforeAll(async () => {
    files = await serveFiles()
    folder = await mkdtemp(join(tmpdir(), 'local-mediaconvert-'))
    const onStatus = ({ status }: { status: string }) => statuses.push(status)
    server = await startMediaConvert({
      port: 0,
      dataDir: join(folder, 'jobs'),
      s3: { url: files.url },
      keyring: operatorKeyring,
      onStatus,
    })
    client = new MediaConvertClient({
      endpoint: server.url,
      region: 'us-east-1',
      credentials: operator,
      maxAttempts: 1,
    })
  })
  afterAll(async () => {
    await server.close()
    await files.close()
    await rm(folder, { recursive: true, force: true })
  })

  const settings = (
    key: string,
    facts: Partial<Parameters<typeof transcodeSettings>[0]['facts']> = {},
  ): JobSettings =>
    transcodeSettings({
      facts: { width: 640, height: 360, frameRate: 25, hasAudio: true, ...SDR, ...facts },
      source: `s3://media/${key}`,
      bucket: 'media',
      videoId: key.replace(/\W/g, '-'),
      runId: 'run',
    })
  const put = async (name: string, file: string) => {
    await files.put(name, file)
    return name
  }
  const create = async (Settings: JobSettings, ClientRequestToken?: string): Promise<Job> =>
    (await client.send(new CreateJobCommand({ Role: role, Settings, ClientRequestToken }))).Job!
  const get = async (Id: string): Promise<Job> => (await client.send(new GetJobCommand({ Id }))).Job!
  const finished = async ({ Id }: Job, seen: (job: Job) => void = () => {}): Promise<Job> => {
    for (;;) {
      const job = await get(Id!)
      seen(job)
      if (job.Status !== 'SUBMITTED' && job.Status !== 'PROGRESSING') return job
      await sleep(50)
    }
  }
  const keysUnder = async (Prefix: string) =>
    ((await files.client.send(new ListObjectsV2Command({ Bucket: 'media', Prefix }))).Contents ?? []).map(
      ({ Key }) => Key!.slice(Prefix.length),
    )

  /** Fetches a rendition beside its playlist and lets ffmpeg decode all of it. */
  const decode = async (prefix: string, name: string) => {
    const here = await mkdtemp(join(folder, 'played-'))
    await writeFile(join(here, `${name}.m3u8`), await files.text(`${prefix}${name}.m3u8`))
    await writeFile(join(here, `${name}.ts`), await files.bytes(`${prefix}${name}.ts`))
    const input = ['-i', join(here, `${name}.m3u8`)]
    const lengths = (stream: string) => {
      const progress = execFileSync('ffmpeg', [
        '-nostdin',
        '-v',
        'error',
        '-nostats',
        '-progress',
        'pipe:1',
        ...input,
        '-map',
        stream,
        '-f',
        'null',
        '-',
      ])
      const all = [...progress.toString().matchAll(/out_time_us=(\d+)/g)]
      return Number(all.at(-1)![1]) / 1e6
    }
    const shown = execFileSync('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=codec_type,width,height',
      '-of',
      'json',
      ...input,
    ])
    return {
      lengths,
      streams: JSON.parse(shown.toString()).streams as {
        codec_type: string
        width?: number
        height?: number
      }[],
    }
  }

  it('makes an HLS ladder of a talking video that decodes to the length of the source, with exact 4-second segments', async () => {
    const key = await put('talking.mp4', await fixtures.talkingVideo())
    const job = await create(settings(key, { width: 854, height: 480 }))
    expect(job).toMatchObject({ Status: 'SUBMITTED', Role: role })
    const percents: number[] = []
    const done = await finished(job, ({ JobPercentComplete }) => percents.push(JobPercentComplete ?? 0))

    expect(done).toMatchObject({ Status: 'COMPLETE', JobPercentComplete: 100 })
    expect(percents).toEqual(percents.toSorted((a, b) => a - b))
    expect(new Set(percents).size).toBeGreaterThan(3)
    const prefix = 'media/talking-mp4/run/hls/'
    expect((await keysUnder(prefix)).sort()).toEqual(
      ['', '_360p', '_480p']
        .flatMap(name => (name ? [`master${name}.m3u8`, `master${name}.ts`] : ['master.m3u8']))
        .sort(),
    )

    const master = HLS.parse(await files.text(`${prefix}master.m3u8`)) as HLS.types.MasterPlaylist
    expect(
      master.variants.map(({ uri, resolution }) => [uri, resolution?.width, resolution?.height]),
    ).toEqual([
      ['master_480p.m3u8', 854, 480],
      ['master_360p.m3u8', 640, 360],
    ])
    for (const { codecs, bandwidth } of master.variants) {
      expect(codecs).toMatch(/^avc1\.6400[0-9a-f]{2},mp4a\.40\.2$/)
      expect(bandwidth).toBeGreaterThan(100_000)
    }
    const media = HLS.parse(await files.text(`${prefix}master_480p.m3u8`)) as HLS.types.MediaPlaylist
    expect(media.segments.map(({ duration }) => duration.toFixed(2))).toEqual([
      ...Array(9).fill('4.00'),
      '2.72',
    ])
    expect(media.segments.every(({ byterange, uri }) => byterange && uri === 'master_480p.ts')).toBe(true)
    expect(media.endlist).toBe(true)

    const played = await decode(prefix, 'master_480p')
    expect(Math.abs(played.lengths('0:v') - 38.72)).toBeLessThan(0.1)
    expect(Math.abs(played.lengths('0:a') - 38.72)).toBeLessThan(0.1)
  }, 300_000)

  it('turns a phone recording upright, and leaves out the sound that it has not', async () => {
    const key = await put('rotated.mp4', await fixtures.rotatedVideo())
    const job = await finished(await create(settings(key, { width: 360, height: 640, hasAudio: false })))
    expect(job.Status).toBe('COMPLETE')
    const { streams, lengths } = await decode('media/rotated-mp4/run/hls/', 'master_360p')
    expect(streams).toMatchObject([{ codec_type: 'video', width: 360, height: 640 }])
    expect(Math.abs(lengths('0:v') - 6)).toBeLessThan(0.1)
  })

  it('reads Matroska, WebM and a silent sound track', async () => {
    for (const [name, make] of [
      ['subtitles.mkv', () => fixtures.videoWithSubtitles('mkv')],
      ['recorded.webm', fixtures.webmVideo],
      ['silent.mp4', fixtures.silentVideo],
    ] as const)
      expect(await finished(await create(settings(await put(name, await make()))))).toMatchObject({
        Status: 'COMPLETE',
      })
  })

  it.each([
    ['H.264 and MP3 in AVI', 'legacy.avi', fixtures.aviVideo, 1030],
    ['Windows Media Video 8', 'legacy.wmv', fixtures.wmvVideo, 1030],
    ['MP3 in Flash video', 'legacy.flv', fixtures.flvVideo, 1030],
    ['MP3 in MP4', 'cockatoo.mp4', async () => fixtures.cameraVideo(), 1030],
    ['a file without the sound that the job describes', 'no-audio.mp4', fixtures.videoWithoutAudio, 1021],
    ['a text', 'text.mp4', fixtures.notAVideo, 1010],
  ] as const)('refuses %s as the real one does', async (_, name, make, code) => {
    const job = await finished(await create(settings(await put(name, await make()))))
    expect(job).toMatchObject({ Status: 'ERROR', ErrorCode: code })
    expect(job.ErrorMessage).not.toContain(folder)
    expect(await keysUnder(`media/${name.replace(/\W/g, '-')}/`)).toEqual([])
  })

  it('does not follow a playlist that calls itself .mp4 to other files', async () => {
    const secret = join(folder, 'secret.ts')
    await writeFile(secret, 'secret')
    const playlist = join(folder, 'playlist.mp4')
    await writeFile(
      playlist,
      `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile://${secret}\n#EXT-X-ENDLIST\n`,
    )
    expect(await finished(await create(settings(await put('playlist.mp4', playlist))))).toMatchObject({
      Status: 'ERROR',
      ErrorCode: 1010,
    })
  })

  it('starts a job once for a client request token', async () => {
    const key = await put('silent.mp4', await fixtures.silentVideo())
    const [first, second] = [await create(settings(key), 'token-1'), await create(settings(key), 'token-1')]
    expect(second.Id).toBe(first.Id)
    expect((await create(settings(key), 'token-2')).Id).not.toBe(first.Id)
    const { Jobs = [] } = await client.send(new ListJobsCommand({}))
    expect(Jobs.filter(({ ClientRequestToken }) => ClientRequestToken === 'token-1')).toHaveLength(1)
    for (const job of Jobs) await finished(job)
  })

  it('cancels: nothing is written and no file stays behind', async () => {
    const key = await put('canceled.mp4', await fixtures.talkingVideo())
    const job = await create(settings(key))
    while ((await get(job.Id!)).JobPercentComplete === undefined) await sleep(20)
    await client.send(new CancelJobCommand({ Id: job.Id }))
    expect((await get(job.Id!)).Status).toBe('CANCELED')
    expect(await keysUnder('media/canceled-mp4/')).toEqual([])
    expect(await readdir(join(folder, 'jobs'))).toEqual([])
    await expect(client.send(new CancelJobCommand({ Id: job.Id }))).rejects.toMatchObject({
      name: 'ConflictException',
    })
    expect(statuses).toContain('CANCELED')
  })

  it('uses S3 as the role that the job was given', async () => {
    const roles: string[] = []
    const issue = (name: string) => {
      roles.push(name)
      return reader
    }
    const keyring = {
      operator,
      issue,
      secretOf: () => operator.secretAccessKey,
      authorize: (_: string, action: string) => action !== 'mediaconvert:CancelJob',
    }
    const options = { port: 0, dataDir: join(folder, 'guarded'), s3: { url: files.url }, keyring }
    const guarded = await startMediaConvert(options)
    const theirs = new MediaConvertClient({
      endpoint: guarded.url,
      region: 'us-east-1',
      credentials: operator,
      maxAttempts: 1,
    })
    const { Job: job } = await theirs.send(
      new CreateJobCommand({
        Role: role,
        Settings: settings(await put('silent.mp4', await fixtures.silentVideo())),
      }),
    )
    await expect(theirs.send(new CancelJobCommand({ Id: job!.Id }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
    let ended: Job | undefined
    while (ended?.Status !== 'ERROR') ended = (await theirs.send(new GetJobCommand({ Id: job!.Id }))).Job
    await guarded.close()
    expect(ended).toMatchObject({ ErrorCode: 1401 })
    expect(roles).toEqual(['media-convert'])
  })

  it('names what is wrong with a request', async () => {
    await expect(get('1-none')).rejects.toMatchObject({ name: 'NotFoundException' })
    expect(await finished(await create(settings('missing.mp4')))).toMatchObject({
      Status: 'ERROR',
      ErrorCode: 1404,
    })
    const files: JobSettings = {
      ...settings('x.mp4'),
      OutputGroups: [{ OutputGroupSettings: { Type: 'FILE_GROUP_SETTINGS' }, Outputs: [] }],
    }
    await expect(create(files)).rejects.toMatchObject({
      name: 'BadRequestException',
      message: expect.stringContaining('/settings/outputGroups/0'),
    })
    await expect(
      create({ ...settings('x.mp4'), Inputs: [{ FileInput: 'https://example.com/x.mp4' }] }),
    ).rejects.toThrow('s3://bucket/key')
  })
})
