import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { WebVTTParser } from 'webvtt-parser'
import type { Container } from '../../shared/contract/media-report.ts'
import { needsNormalising } from '../../shared/domain/media/accepted-by-mediaconvert.ts'
import { chooseThumbnail } from '../../shared/domain/media/choose-thumbnail.ts'
import { inspectContainer } from '../../shared/domain/media/inspect-container.ts'
import { agreesWithType, recogniseFile } from '../../shared/domain/media/magic-bytes.ts'
import { renditionLadder } from '../../shared/domain/media/rendition-ladder.ts'
import { planStoryboard, storyboardVtt } from '../../shared/domain/media/storyboard.ts'
import { transcodeSettings } from '../../shared/domain/media/transcode-settings.ts'
import {
  aviVideo,
  flvVideo,
  notAVideo,
  videoWithoutAudio,
  videoWithSubtitles,
  wmvVideo,
} from '../support/fixtures.ts'

const sizes = (width: number, height: number) =>
  renditionLadder({ width, height }).map(({ name, width, height }) => `${name} ${width}x${height}`)

describe('the rendition ladder', () => {
  test('offers a full HD film in four sizes', () => {
    expect(sizes(1920, 1080)).toEqual(['1080p 1920x1080', '720p 1280x720', '480p 854x480', '360p 640x360'])
  })

  test('never goes above the source', () => {
    expect(sizes(1280, 720)).toEqual(['720p 1280x720', '480p 854x480', '360p 640x360'])
    expect(sizes(3840, 2160)[0]).toBe('1080p 1920x1080')
  })

  test('counts the width of an upright film', () => {
    expect(sizes(1080, 1920)).toEqual(['1080p 1080x1920', '720p 720x1280', '480p 480x854', '360p 360x640'])
  })

  test('gives a tiny film one rendition of its own size', () => {
    expect(sizes(200, 151)).toEqual(['150p 200x150'])
    expect(sizes(16, 16)).toEqual(['32p 32x32'])
  })

  test('keeps a film that was cropped by a few lines on its rung', () => {
    expect(sizes(1276, 714)[0]).toBe('720p 1276x714')
  })

  test('stays within what H.264 allows for extreme shapes', () => {
    for (const { width, height } of renditionLadder({ width: 8192, height: 1200 })) {
      expect(width).toBeLessThanOrEqual(4096)
      expect([width % 2, height % 2]).toEqual([0, 0])
    }
  })

  test('spends fewer bits on each smaller rendition', () => {
    const bitrates = renditionLadder({ width: 1920, height: 1080 }).map(({ maxBitrate }) => maxBitrate)
    expect(bitrates).toEqual([...bitrates].sort((a, b) => b - a))
  })
})

const SDR = { hdr: false, wideColour: false, interlaced: false }

describe('what MediaConvert reads', () => {
  const facts = ([container, videoCodec, audioCodec]: readonly [Container, string, string?]) =>
    needsNormalising({
      ...plain,
      container,
      videoCodec,
      ...(audioCodec && { audioCodec }),
      hasAudio: audioCodec !== undefined,
    })
  const plain = {
    durationMs: 1,
    width: 2,
    height: 2,
    rotation: 0,
    frameRate: 25,
    bitrate: 1,
    ...SDR,
  } as const

  test.each([
    ['mp4', 'h264', 'aac'],
    ['mp4', 'h264', undefined],
    ['mov', 'prores', 'pcm'],
    ['mov', 'h264', 'mp3'],
    ['webm', 'vp9', 'opus'],
    ['mkv', 'h264', 'flac'],
    ['avi', 'xvid', 'mp3'],
    ['flv', 'h264', 'aac'],
  ] as const)('%s with %s and %s is taken as it is', (...file) => expect(facts(file)).toBe(false))

  test.each([
    ['mp4', 'h264', 'mp3'],
    ['mp4', 'av1', 'aac'],
    ['mkv', 'h264', 'vorbis'],
    ['webm', 'h264', 'opus'],
    ['avi', 'h264', 'mp3'],
    ['asf', 'wmv2', 'wmav2'],
    ['flv', 'h264', 'mp3'],
    ['mp4', 'unknown', 'aac'],
  ] as const)('%s with %s and %s is normalised first', (...file) => expect(facts(file)).toBe(true))
})

describe('the settings of a transcoding job', () => {
  const request = {
    source: 's3://media/users/u/videos/v/source.mp4',
    bucket: 'media',
    videoId: 'v',
    runId: 'v-1-1',
  }
  const film = { width: 1280, height: 720, frameRate: 25, hasAudio: true, ...SDR }
  const group = (facts: typeof film) => transcodeSettings({ ...request, facts }).OutputGroups![0]!

  test('write one file a rendition, in segments of four seconds, below the run', () => {
    expect(group(film).OutputGroupSettings!.HlsGroupSettings).toMatchObject({
      Destination: 's3://media/media/v/v-1-1/hls/master',
      SegmentControl: 'SINGLE_FILE',
      SegmentLength: 4,
    })
    expect(group(film).Outputs!.map(({ NameModifier }) => NameModifier)).toEqual(['_720p', '_480p', '_360p'])
  })

  test('cut every rendition at the same times', () => {
    for (const output of group(film).Outputs!)
      expect(output.VideoDescription!.CodecSettings!.H264Settings).toMatchObject({
        GopSize: 2,
        GopSizeUnits: 'SECONDS',
        GopClosedCadence: 1,
      })
  })

  const described = (facts: Partial<typeof film>) =>
    transcodeSettings({ ...request, facts: { ...film, ...facts } as typeof film }).OutputGroups![0]!
      .Outputs![0]!

  test('ask for silence to the end of the picture, and for one first time stamp', () => {
    expect(described({}).ContainerSettings!.M3u8Settings).toEqual({
      AudioDuration: 'MATCH_VIDEO_DURATION',
      PtsOffsetMode: 'SECONDS',
      PtsOffset: 2,
    })
  })

  test('ask for whole pictures of what is tagged as fields, and for BT.709 of wide colours alone', () => {
    const preprocessors = (facts: object) => described(facts).VideoDescription!.VideoPreprocessors
    const Deinterlacer = { Mode: 'DEINTERLACE', Control: 'NORMAL', Algorithm: 'INTERPOLATE' }
    expect(preprocessors({})).toEqual({ Deinterlacer })
    for (const facts of [{ hdr: true }, { wideColour: true }])
      expect(preprocessors(facts)).toMatchObject({ ColorCorrector: { ColorSpaceConversion: 'FORCE_709' } })
  })

  test('name no sound for a film without any', () => {
    const silent = transcodeSettings({ ...request, facts: { ...film, hasAudio: false } })
    expect(JSON.stringify(silent)).not.toMatch(/AudioSelector|AudioDescription/)
  })
})

describe('the first bytes of a file', () => {
  const start = async (file: string) => recogniseFile((await readFile(file)).subarray(0, 1024))
  let files: string[]
  beforeAll(async () => {
    files = await Promise.all([
      videoWithoutAudio(),
      videoWithSubtitles('mkv'),
      aviVideo(),
      wmvVideo(),
      flvVideo(),
    ])
  })

  test('tell what it really is', async () => {
    expect(await Promise.all(files.map(start))).toEqual(['mp4', 'mkv', 'avi', 'asf', 'flv'])
  })

  test('do not make a video of a text or a picture', async () => {
    expect(await start(await notAVideo())).toBeUndefined()
    expect(recogniseFile(Buffer.from('#EXTM3U\n/etc/passwd\n'))).toBeUndefined()
    expect(recogniseFile(Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'))).toBeUndefined()
    expect(recogniseFile(new Uint8Array())).toBeUndefined()
  })

  test('agree with the announced type within one family only', () => {
    expect(agreesWithType('mov', 'video/mp4')).toBe(true)
    expect(agreesWithType('webm', 'video/x-matroska')).toBe(true)
    expect(agreesWithType('asf', 'video/x-ms-wmv')).toBe(true)
    expect(agreesWithType('avi', 'video/mp4')).toBe(false)
    expect(agreesWithType('mpegts', 'video/mp4')).toBe(false)
    expect(agreesWithType('mp4', 'text/html')).toBe(false)
  })
})

describe('inspecting a container', () => {
  const general = { '@type': 'General', Format: 'MPEG-4', Duration: 60, OverallBitRate: 1e6 }
  const video = {
    '@type': 'Video',
    Format: 'AVC',
    Duration: 60,
    Width: 1920,
    Height: 1080,
    Rotation: '90.000',
    FrameRate: 30,
    PixelAspectRatio: 1,
    ScanType: 'Progressive',
  }
  const inspect = (...track: object[]) => inspectContainer({ media: { track } })
  const codeOf = (work: () => unknown) => {
    try {
      work()
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  test('knows no codec by a name that every object has', () => {
    for (const CodecID of ['__proto__', 'constructor', 'V_MS/VFW/FOURCC / __proto__'])
      expect(inspect(general, { ...video, Format: CodecID, CodecID })).toBeUndefined()
  })

  test('turns the picture upright', () => {
    expect(inspect(general, video)).toMatchObject({
      width: 1080,
      height: 1920,
      rotation: 90,
      hasAudio: false,
      durationMs: 60_000,
    })
  })

  test('makes the pixels square', () => {
    expect(
      inspect(general, { ...video, Width: 720, Height: 576, Rotation: 0, PixelAspectRatio: 1.067 }),
    ).toMatchObject({
      width: 768,
      height: 576,
    })
  })

  test('says why a file is refused', () => {
    const hours = (seconds: number) => [
      { ...general, Duration: seconds },
      { ...video, Duration: seconds },
    ]
    expect(codeOf(() => inspect(general, { ...video, Width: 16_000 }))).toBe('media.too_large_picture')
    expect(codeOf(() => inspect(...hours(5 * 3600 + 1)))).toBe('media.too_long')
    expect(codeOf(() => inspect(...hours(0.004)))).toBe('media.too_short')
    const [long, moving] = hours(4 * 3600)
    expect(codeOf(() => inspect(long!, { ...moving, Width: 3840, Height: 2160, FrameRate: 60 }))).toBe(
      'media.too_much_work',
    )
  })

  const sound = { '@type': 'Audio', Format: 'AAC' }
  test.each<[string, object[]]>([
    ['it finds nothing', []],
    ['the container has another name here', [{ ...general, Format: 'QuickTime' }, video]],
    ['there is no picture, which it may have missed', [general, sound]],
    ['the container and its picture differ in size', [general, { ...video, Width_Original: 1280 }]],
    ['a track is longer than the picture', [{ ...general, Duration: 360_000 }, video]],
    ['the picture begins late', [general, { ...video, Delay: 1.5 }]],
    ['there are several sounds to choose from', [general, video, sound, sound]],
    ['the file is cut off', [{ ...general, IsTruncated: 'Yes' }, video]],
    [
      'the flags of the container are written before the film',
      [{ ...general, Format: 'Flash Video' }, video],
    ],
    ['there is a picture every five seconds', [general, { ...video, FrameRate: 0.2 }]],
  ])('knows nothing for sure when %s', (_, tracks) => expect(inspect(...tracks)).toBeUndefined())
})

describe('the storyboard', () => {
  test('has a tile a second at first and never more than 100', () => {
    expect(planStoryboard({ durationMs: 38_720, width: 1280, height: 720 })).toEqual({
      intervalMs: 1000,
      tiles: 39,
      columns: 10,
      rows: 4,
      tileWidth: 160,
      tileHeight: 90,
    })
    for (const hours of [0.1, 1, 5]) {
      const { tiles } = planStoryboard({ durationMs: hours * 3_600_000, width: 1280, height: 720 })
      expect(tiles).toBeLessThanOrEqual(100)
      expect(tiles).toBeGreaterThan(30)
    }
  })

  test('is found by its VTT: cues without gaps over the whole film, each with its own tile', () => {
    const plan = planStoryboard({ durationMs: 38_720, width: 720, height: 1280 })
    const { cues, errors } = new WebVTTParser().parse(storyboardVtt(plan, 38_720), 'metadata')
    expect(errors).toEqual([])
    expect(cues.map(({ startTime }) => startTime)).toEqual(Array.from({ length: 39 }, (_, second) => second))
    expect(cues.at(-1)).toMatchObject({ endTime: 38.72, text: 'storyboard.jpg#xywh=720,480,90,160' })
    expect(new Set(cues.map(({ text }) => text)).size).toBe(39)
  })
})

test('the thumbnail is the first telling frame: not black, not white, not flat', () => {
  const black = { average: 0, low: 0, high: 0, saturation: 0 }
  const white = { average: 255, low: 255, high: 255, saturation: 0 }
  const flat = { average: 120, low: 118, high: 122, saturation: 40 }
  const scene = { average: 110, low: 40, high: 190, saturation: 20 }
  expect(chooseThumbnail([black, flat, white, scene, { ...scene, high: 192 }])).toBe(3)
  expect(chooseThumbnail([black, black])).toBe(0)
  expect(chooseThumbnail([])).toBeUndefined()
})
