import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import HLS from 'hls-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, startBrowser } from '../support/browser.ts'
import * as films from '../support/films.ts'
import { serveFrontend } from '../support/frontend.ts'
import { type HubUser, sharedHub, signUp } from '../support/hub.ts'

const execute = promisify(execFile)
// biome-ignore lint/suspicious/noExplicitAny: it runs in the page, where frontend.js is
declare const frontend: any

type Expected = {
  /** Of the film, its picture and its sound. */
  seconds: number
  /** The tone that is heard; none is heard in a film without one. */
  hertz?: number
  /** The picture at a time of the film, as ffmpeg makes it without the film. */
  shows?: { at: number; picture: string; tolerance?: number }
  /** The codes of the warnings. */
  warnings?: string[]
  /** The sounds to choose from. */
  sounds?: number
}

const bars = (at: number, size = '320x180', rate = 15) => `testsrc2=s=${size}:r=${rate}:d=20,trim=start=${at}`

// A developer may lack a browser; in CI the stories would vanish without a word.
describe.runIf(hasBrowser || process.env.CI)(
  'A film is played to its end, with picture and sound of its source, when',
  () => {
    let user: HubUser
    let browser: Awaited<ReturnType<typeof startBrowser>>
    let page: Awaited<ReturnType<typeof serveFrontend>>
    let folder: string
    beforeAll(async () => {
      user = await signUp()
      browser = await startBrowser()
      page = await serveFrontend(Number(new URL(sharedHub().pageOrigin).port))
      folder = await mkdtemp(join(tmpdir(), 'films-'))
    })
    afterAll(async () => {
      await browser?.close()
      page?.close()
      await rm(folder, { recursive: true })
    })

    /** Fetches the best rendition of a film. */
    const fetchBest = async (playbackUrl: string, videoId: string) => {
      const read = async (url: string) => (await fetch(url)).text()
      const master = HLS.parse(await read(playbackUrl)) as HLS.types.MasterPlaylist
      const variant = new URL(master.variants[0]!.uri, playbackUrl).href
      const { segments } = HLS.parse(await read(variant)) as HLS.types.MediaPlaylist
      const file = join(folder, `${videoId}.ts`)
      await writeFile(file, Buffer.from(await (await fetch(segments[0]!.uri)).arrayBuffer()))
      return file
    }
    const decode = async (args: string[]) => {
      const { stdout } = await execute('ffmpeg', ['-v', 'error', ...args], {
        encoding: 'buffer',
        maxBuffer: 1e8,
      })
      return stdout
    }
    /** A picture of 32x18 points, red, green and blue. */
    const raw = ['-frames:v', '1', '-vf', 'scale=32:18:flags=area,format=rgb24', '-f', 'rawvideo', '-']
    const difference = (a: Buffer, b: Buffer) =>
      a.reduce((sum, byte, i) => sum + Math.abs(byte - b[i]!), 0) / a.length
    /** Decibels around a frequency. */
    const volume = async (file: string, hertz: number) => {
      const filter = `bandpass=f=${hertz}:w=60,volumedetect`
      const { stderr } = await execute('ffmpeg', [
        '-i',
        file,
        '-map',
        '0:a',
        '-af',
        filter,
        '-f',
        'null',
        '-',
      ])
      return Number(/mean_volume: (-?[\d.]+)/.exec(stderr)?.[1])
    }
    const trackEnds = async (file: string, track: string) => {
      const entries = ['-show_entries', 'packet=pts_time,duration_time', '-of', 'csv=p=0']
      const { stdout } = await execute('ffprobe', ['-v', 'error', '-select_streams', track, ...entries, file])
      const ends = stdout.split('\n').flatMap(line => {
        const [time, duration] = line.split(',').map(Number)
        return time ? [time + (duration ?? 0)] : []
      })
      return Math.max(...ends) - 2
    }

    it.concurrent.each<[string, () => Promise<string>, Expected]>([
      [
        'its sound ends early',
        films.soundEndsEarly,
        { seconds: 6, hertz: 440, shows: { at: 4, picture: bars(4) } },
      ],
      [
        'it has one picture under a long sound',
        films.onePictureUnderLongSound,
        { seconds: 6, hertz: 440, shows: { at: 5, picture: bars(0, '320x180', 25) } },
      ],
      [
        'its picture begins late',
        films.pictureBeginsLate,
        { seconds: 6, hertz: 440, shows: { at: 1, picture: bars(0) } },
      ],
      [
        'it has a picture every two seconds',
        films.aPictureEveryTwoSeconds,
        { seconds: 10, shows: { at: 9, picture: bars(8, '320x180', 0.5) } },
      ],
      [
        'its first sound cannot be decoded',
        films.firstSoundUnreadable,
        { seconds: 5, hertz: 1200, warnings: ['sound_unreadable'] },
      ],
      [
        'its header denies its sound',
        films.soundThatTheHeaderDenies,
        { seconds: 5, hertz: 440, shows: { at: 2, picture: bars(2) } },
      ],
      ['its second sound is the default', films.twoLanguages, { seconds: 6, hertz: 1200, sounds: 2 }],
      [
        'it is in HLG',
        () => films.highDynamicRange('arib-std-b67'),
        { seconds: 2, shows: { at: 1, picture: bars(1), tolerance: 32 } },
      ],
      [
        'it is in PQ',
        () => films.highDynamicRange('smpte2084'),
        { seconds: 2, shows: { at: 1, picture: bars(1), tolerance: 32 } },
      ],
      [
        'its colours are wide',
        films.wideColours,
        { seconds: 2, shows: { at: 1, picture: bars(1), tolerance: 32 } },
      ],
      [
        'it turns in the middle',
        films.turnedInTheMiddle,
        { seconds: 6, shows: { at: 5, picture: `${bars(2, '180x320')},scale=102:180,pad=320:180:-1:-1` } },
      ],
      [
        'its track list stands at the end',
        films.tracksAfterClusters,
        { seconds: 5, hertz: 440, shows: { at: 2, picture: bars(2) } },
      ],
      [
        'it begins with its samples',
        films.movWithoutBrand,
        { seconds: 3, hertz: 440, shows: { at: 2, picture: bars(2) } },
      ],
      [
        'its container tells another size',
        films.containerOfAnotherSize,
        { seconds: 3, shows: { at: 2, picture: bars(2, '640x360') } },
      ],
      [
        'its last segment has half a second',
        films.threeAndAHalfSeconds,
        { seconds: 3.5, shows: { at: 2, picture: bars(2, '320x180', 30) } },
      ],
      ['a subtitle stands after its end', films.cueAfterTheEnd, { seconds: 11 }],
      [
        'half of it cannot be decoded',
        films.unreadableFromTheMiddle,
        { seconds: 8, warnings: ['picture_unreadable'], shows: { at: 2, picture: bars(2, '640x360') } },
      ],
    ])('%s', async (_, make, { seconds, hertz, shows, warnings = [], sounds = 0 }) => {
      const { video } = await user.take(await make())
      expect(video).toMatchObject({ status: 'processed' })
      expect((video.metadata!.durationMs as number) / 1000).toBeCloseTo(seconds, 0)
      expect(((video.metadata!.warnings ?? []) as { code: string }[]).map(({ code }) => code)).toEqual(
        warnings,
      )

      const opened = await browser.open(page.origin)
      const seen = await opened.page.evaluate(url => frontend.playToEnd(url), video.playbackUrl)
      await opened.page.close()
      expect(seen).toMatchObject({ how: 'ended', sounds })
      expect(Math.abs(seen.currentTime - seconds)).toBeLessThan(0.5)

      const file = await fetchBest(video.playbackUrl!, video.id)
      for (const track of video.metadata!.hasAudio ? ['v', 'a'] : ['v'])
        expect(Math.abs((await trackEnds(file, track)) - seconds), track).toBeLessThan(0.5)
      expect(video.metadata!.hasAudio).toBe(
        hertz !== undefined || warnings.length > 0 || make === films.cueAfterTheEnd,
      )
      if (hertz) expect(await volume(file, hertz)).toBeGreaterThan(-40)
      if (shows) {
        const played = await decode(['-i', file, '-ss', String(shows.at), ...raw])
        const source = await decode(['-f', 'lavfi', '-i', shows.picture, ...raw])
        expect(difference(played, source)).toBeLessThan(shows.tolerance ?? 12)
      }
    })

    it.concurrent.each([
      ['H.264', films.interlacedH264],
      ['MPEG-2 in AVI', films.interlacedMpeg2],
    ])('it is interlaced: %s', async (_, make) => {
      const { video } = await user.take(await make())
      expect(video).toMatchObject({ status: 'processed', metadata: { interlaced: true } })
      const file = await fetchBest(video.playbackUrl!, video.id)
      const { stderr } = await execute('ffmpeg', ['-i', file, '-vf', 'idet', '-f', 'null', '-'])
      const [, top, bottom, progressive] =
        /Multi frame detection: TFF:\s*(\d+) BFF:\s*(\d+) Progressive:\s*(\d+)/.exec(stderr)!.map(Number)
      expect(top! + bottom!).toBeLessThan(progressive! / 4)
    })

    it.concurrent('it was cut off: to where it ends, with a warning', async () => {
      const { video } = await user.take(await films.cutOff())
      expect(video).toMatchObject({ status: 'processed', metadata: { warnings: [{ code: 'cut_off' }] } })
      expect(video.metadata!.durationMs).toBeLessThan(9000)
    })
  },
)

it('A clip without one whole picture is refused for good', async () => {
  const user = await signUp()
  const { video } = await user.take(await films.shorterThanAPicture())
  expect(video).toMatchObject({
    status: 'error',
    metadata: { error: { code: 'media.too_short', retryable: false } },
  })
})
