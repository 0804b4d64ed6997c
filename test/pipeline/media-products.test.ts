import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebVTTParser } from 'webvtt-parser'
import { extract } from '../../media-task/extract.ts'
import { normalise, pictureBitsPerSecond } from '../../media-task/normalise.ts'
import { probe } from '../../media-task/probe.ts'
import type { Product } from '../../media-task/product.ts'
import * as fixtures from '../support/fixtures.ts'

const execute = promisify(execFile)
const limits = { timeoutMs: 60_000 }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-task-test-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** As the task does, in its work folder. */
const probeFilm = (file: string) => probe(file, { ...limits, folder })

const extractFrom = async (file: string) => {
  const products: Product[] = []
  const warnings: string[] = []
  const shares: number[] = []
  const film = await probeFilm(file)
  await extract({
    film,
    folder,
    limits,
    onProgress: share => shares.push(share),
    store: async product => void products.push(product),
    onWarning: (_, message) => warnings.push(message),
  })
  const of = <K extends Product['kind']>(kind: K) =>
    products.filter((product): product is Extract<Product, { kind: K }> => product.kind === kind)
  return { film, of, warnings, shares, kinds: products.map(({ kind }) => kind) }
}

const streams = async (file: string): Promise<Record<string, unknown>[]> => {
  const { stdout } = await execute('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', file])
  return JSON.parse(stdout).streams
}

/** Mean brightness (0-255) of a picture. */
const brightness = async (file: string): Promise<number> => {
  const { stdout } = await execute(
    'ffmpeg',
    ['-v', 'error', '-i', file, '-vf', 'scale=1:1', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'],
    {
      encoding: 'buffer',
    },
  )
  return stdout[0]!
}

describe('extracting', () => {
  test('gives sound for a recogniser, a thumbnail, a storyboard and its cues', async () => {
    const { of, film, shares, kinds } = await extractFrom(await fixtures.talkingVideo())
    expect(kinds).toEqual(['audio', 'thumbnail', 'storyboard', 'storyboard_vtt'])
    const [audio] = await streams(of('audio')[0]!.file)
    expect(audio).toMatchObject({ codec_name: 'flac', sample_rate: '16000', channels: 1 })
    expect(Math.abs(Number(of('audio')[0]!.details!.durationMs) - film.durationMs)).toBeLessThan(100)
    expect((await streams(of('thumbnail')[0]!.file))[0]).toMatchObject({ width: 1280, height: 720 })
    expect((await streams(of('storyboard')[0]!.file))[0]).toMatchObject({ width: 1600, height: 360 })
    const { cues, errors } = new WebVTTParser().parse(
      await readFile(of('storyboard_vtt')[0]!.file, 'utf8'),
      'metadata',
    )
    expect(errors).toEqual([])
    expect(cues).toHaveLength(39)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.filter(share => share > 0.05 && share < 0.95).length).toBeGreaterThan(0)
  })

  test('passes over a black intro and shows an upright film upright', async () => {
    const { of } = await extractFrom(await fixtures.rotatedVideo())
    const [thumbnail] = of('thumbnail')
    expect(await brightness(thumbnail!.file)).toBeGreaterThan(60)
    expect((await streams(thumbnail!.file))[0]).toMatchObject({ width: 360, height: 640 })
  })

  test('gives no sound for a film without any', async () => {
    expect((await extractFrom(await fixtures.videoWithoutAudio())).kinds).toEqual([
      'thumbnail',
      'storyboard',
      'storyboard_vtt',
    ])
  })

  test.each(['mp4', 'mkv'] as const)(
    'writes the subtitles of an %s file as WebVTT with their language',
    async container => {
      const { of } = await extractFrom(await fixtures.videoWithSubtitles(container))
      expect(of('caption')).toMatchObject([{ name: 'captions/0.vi.vtt', language: 'vi' }])
      const { cues } = new WebVTTParser().parse(await readFile(of('caption')[0]!.file, 'utf8'), 'subtitles')
      expect(cues.map(({ text }) => text)).toEqual(fixtures.subtitleLines.map(({ text }) => text))
      // Matroska begins with the silence that AAC puts before the first sample: 23 ms.
      for (const [i, { startTime, endTime }] of fixtures.subtitleLines.entries()) {
        expect(Math.abs(cues[i]!.startTime - startTime)).toBeLessThan(0.05)
        expect(Math.abs(cues[i]!.endTime - endTime)).toBeLessThan(0.05)
      }
    },
  )

  test('cuts the long title of a subtitle track without leaving half a character, which Postgres would refuse', async () => {
    const titled = join(folder, 'titled.mkv')
    const title = `${'x'.repeat(199)}\u{1f3ac} and more`
    const input = ['-v', 'error', '-i', await fixtures.videoWithSubtitles('mkv'), '-map', '0', '-c', 'copy']
    await execute('ffmpeg', [...input, '-metadata:s:s:0', `title=${title}`, titled])
    const [track] = (await probeFilm(titled)).textTracks
    expect(track!.title).toMatch(/^x{199}.$/u)
    expect(track!.title!.isWellFormed()).toBe(true)
  })

  test('keeps the times of sound that begins late', async () => {
    const late = join(folder, 'late.mkv')
    const sound = ['-f', 'lavfi', '-itsoffset', '1.5', '-t', '2', '-i', 'sine']
    await execute('ffmpeg', [
      '-v',
      'error',
      '-i',
      await fixtures.videoWithoutAudio(),
      ...sound,
      '-c:v',
      'copy',
      '-c:a',
      'aac',
      late,
    ])
    const { of } = await extractFrom(late)
    const silence = [
      '-v',
      'info',
      '-i',
      of('audio')[0]!.file,
      '-af',
      'silencedetect=noise=-50dB:d=0.5',
      '-f',
      'null',
      '-',
    ]
    const { stderr } = await execute('ffmpeg', silence)
    expect(Number(/silence_end: ([\d.]+)/.exec(stderr)?.[1])).toBeCloseTo(1.5, 1)
  })

  test('decodes everything when a long film has a single key frame', async () => {
    const film = join(folder, 'one-key-frame.mp4')
    const picture = 'testsrc2=size=160x90:rate=10:duration=210,fade=in:st=3:d=1'
    await execute('ffmpeg', [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      picture,
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-g',
      '9999',
      film,
    ])
    const { of } = await extractFrom(film)
    expect(await brightness(of('thumbnail')[0]!.file)).toBeGreaterThan(60)
  })
})

describe('normalising', () => {
  test.each([
    ['AVI', fixtures.aviVideo],
    ['WMV', fixtures.wmvVideo],
    ['FLV', fixtures.flvVideo],
  ])('makes H.264 and AAC of the %s without changing its length', async (_, fixture) => {
    const file = await fixture()
    const film = await probeFilm(file)
    const products: Product[] = []
    await normalise({
      film,
      folder,
      limits,
      onProgress: () => {},
      onWarning: () => {},
      store: async product => void products.push(product),
    })
    const [video, audio] = await streams(products[0]!.file)
    expect(video).toMatchObject({
      codec_name: 'h264',
      pix_fmt: 'yuv420p',
      width: film.width,
      height: film.height,
    })
    expect(audio).toMatchObject({ codec_name: 'aac' })
    expect(Math.abs(Number(video!.duration) * 1000 - film.durationMs)).toBeLessThan(150)
  })

  test('that lasts for hours is made small enough to be stored at once, however restless its pictures are', () => {
    const sounds = { length: 5 }
    const bits = pictureBitsPerSecond({ durationMs: 5 * 3600_000, sounds }) + sounds.length * 160_000
    expect((bits * 5 * 3600) / 8).toBeLessThan(5e9)
  })
})

describe('a hostile file', () => {
  let url: string
  let visits = 0
  const trap = createServer((_, response) => {
    visits += 1
    response.end()
  })
  beforeAll(async () => {
    await once(trap.listen(0, '127.0.0.1'), 'listening')
    url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`
  })
  afterAll(() => trap.close())

  const refused = async (name: string, text: string) => {
    const file = join(folder, name)
    await writeFile(file, text)
    // The playlist leads to a real film: a reader that follows it succeeds.
    await copyFile(await fixtures.videoWithoutAudio(), join(folder, 'private.mp4'))
    return probeFilm(file).then(
      film => film,
      error => error.code,
    )
  }

  test('that is an HLS playlist named .mp4 is refused and opens nothing', async () => {
    expect(
      await refused(
        'evil.mp4',
        `#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nprivate.mp4\n#EXT-X-ENDLIST\n`,
      ),
    ).toBe('media.not_a_video')
    expect(
      await refused(
        'evil.mp4',
        `#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n${url}/secret.ts\n#EXT-X-ENDLIST\n`,
      ),
    ).toBe('media.not_a_video')
    expect(visits).toBe(0)
  })

  test('that is a concat script named .mp4 is refused and opens nothing', async () => {
    expect(await refused('evil.mp4', `ffconcat version 1.0\nfile private.mp4\n`)).toBe('media.not_a_video')
    expect(await refused('evil.mp4', `ffconcat version 1.0\nfile ${url}/x.mp4\n`)).toBe('media.not_a_video')
    expect(visits).toBe(0)
  })

  test('with a name like an option is only a file', async () => {
    await symlink(await fixtures.videoWithoutAudio(), join(folder, '-i'))
    expect(await probeFilm(join(folder, '-i'))).toMatchObject({ videoCodec: 'h264' })
  })

  test('whose picture would fill the memory is refused before it is decoded', async () => {
    const file = join(folder, 'bomb.mkv')
    await execute('ffmpeg', [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'color=size=8200x4400:rate=1',
      '-frames:v',
      '1',
      '-c:v',
      'mjpeg',
      file,
    ])
    await expect(probeFilm(file)).rejects.toMatchObject({
      code: expect.stringMatching(/^media\.(too_large_picture|unreadable)$/),
    })
  })

  test('that goes on a hundred days after the three seconds it claims fills neither the memory nor the disk', async () => {
    const file = join(folder, 'years.mkv')
    const later = (at: string) => `'if(gt(${at}),PTS+8640000/TB,PTS)'`
    const inputs = [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=320x180:rate=10:duration=3',
      '-f',
      'lavfi',
      '-i',
      'sine=duration=3',
    ]
    const gap = [
      '-vf',
      `setpts=${later('N,15')}`,
      '-af',
      `asetpts=${later('T,1.5')}`,
      '-fps_mode',
      'passthrough',
    ]
    await execute('ffmpeg', [
      '-v',
      'error',
      ...inputs,
      ...gap,
      '-c:v',
      'libx264',
      '-g',
      '5',
      '-c:a',
      'aac',
      file,
    ])
    const bytes = await readFile(file)
    bytes.writeDoubleBE(3000, bytes.indexOf(Buffer.from([0x44, 0x89, 0x88])) + 3) // Duration in the header, ms
    await writeFile(file, bytes)

    const { kinds, film } = await extractFrom(file)
    expect(film.durationMs).toBeLessThan(4000)
    expect(kinds).toEqual(['audio', 'thumbnail', 'storyboard', 'storyboard_vtt'])
    const sizes = await Promise.all(
      (await readdir(folder)).map(async name => (await stat(join(folder, name))).size),
    )
    expect(Math.max(...sizes)).toBeLessThan(1_000_000)
  })

  test('that does not say that it goes on for more than five hours is refused as too long', async () => {
    await expect(probeFilm(await fixtures.endlessVideo())).rejects.toMatchObject({
      code: 'media.too_long',
    })
  })

  test('that says that it lasts ten seconds, but goes on for more than five hours, is refused as too long', async () => {
    await expect(probeFilm(await fixtures.understatedVideo())).rejects.toMatchObject({
      code: 'media.too_long',
    })
  })

  test('whose tags are longer than films is refused', async () => {
    const [tags, file] = [join(folder, 'tags.txt'), join(folder, 'tags.mkv')]
    await writeFile(tags, `;FFMETADATA1\ncomment=${'long '.repeat(2_000_000)}\n`)
    await execute('ffmpeg', [
      '-v',
      'error',
      '-i',
      await fixtures.videoWithoutAudio(),
      '-i',
      tags,
      '-map_metadata',
      '1',
      '-c',
      'copy',
      file,
    ])
    await expect(probeFilm(file)).rejects.toMatchObject({ code: 'media.unreadable' })
  })

  test.each([
    ['is a web page', 'media.unreadable', fixtures.notAVideo],
    [
      'was cut off in the middle',
      'media.unreadable',
      async () => {
        const file = join(folder, 'cut.mp4')
        const whole = await readFile(await fixtures.videoWithoutAudio())
        await writeFile(file, whole.subarray(0, whole.length / 2))
        return file
      },
    ],
  ])('that %s is refused with %s', async (_, code, fixture) => {
    await expect(probeFilm(await fixture())).rejects.toMatchObject({ code })
  })
})
