import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  type CaptionRole,
  CONTAINERS,
  type Container,
  type FilmFacts,
  type FilmWarning,
} from '../shared/contract/media-report.ts'
import { problem } from '../shared/contract/problems.ts'
import { chooseSounds } from '../shared/domain/media/choose-sounds.ts'
import { recogniseFile } from '../shared/domain/media/magic-bytes.ts'
import { checkLimits, displaySize, quarterTurn, TOGETHER_MS } from '../shared/domain/media/media-facts.ts'
import { describeTrack, isExtra, roleOf } from './describe-track.ts'
import type { Limits } from './ffmpeg.ts'
import { listenTo } from './listen.ts'
import { measureTracks, type Span } from './measure-tracks.ts'
import { sampleFrames } from './sample-frames.ts'
import { claimedMs, readStreams, type Stream } from './streams.ts'

const TEXT_SUBTITLES = ['mov_text', 'subrip', 'ass', 'ssa', 'webvtt', 'text']
const MAX_TEXT_TRACKS = 20
const MAX_SOUND_TRACKS = 16

export type SoundTrack = {
  /** Position among the sound tracks. */
  index: number
  codec: string
  /** As it stands in the file: MP4 wants the three letters of ISO 639-2. */
  languageCode?: string
  language?: string
  title?: string
  isDefault: boolean
  /** Made for some viewers only: a commentary, or a description of the picture. */
  isExtra: boolean
  span: Span
}

/** ffprobe's names; empty or `unknown` where the file does not say. */
export type Colours = { transfer: string; primaries: string; matrix: string }

export type CaptionTrack = {
  /** Position among the subtitle tracks. */
  index: number
  codec: string
  language?: string
  title?: string
  role: CaptionRole
}

export type ProbedFile = FilmFacts & {
  /** The name, in the work folder, of the file to be read. */
  file: string
  format: string
  pixelFormat: string
  /** The picture as it is decoded: turned upright, its pixels not yet square. */
  decoded: { width: number; height: number }
  colours: Colours
  /** Of the picture, on the film's clock. */
  picture: Span
  /** Those that can be decoded: the one that is played, then those that are offered beside it. */
  sounds: SoundTrack[]
  /** Subtitles made of text. */
  textTracks: CaptionTrack[]
  warnings: FilmWarning[]
}

/** Anything else that a file says becomes no argument of a command. */
const ISO_639_2 = /^[a-z]{3}$/
const INTERLACED_ORDERS = ['tt', 'bb', 'tb', 'bt']
const HDR_TRANSFERS = ['smpte2084', 'arib-std-b67']

const isContainer = (kind: string): kind is Container => (CONTAINERS as readonly string[]).includes(kind)

const ratio = (text = '') => {
  const [numerator, denominator] = text.split(/[:/]/).map(Number)
  return numerator && denominator ? numerator / denominator : 0
}

/** Counted, because fields may pass for frames; a claim that is nearly true is the exact one. */
const frameRateOf = (video: Stream, { packets, startMs, lastMs, endMs }: Span): number => {
  const claimed = ratio(video.avg_frame_rate)
  const counted = packets > 1 ? (packets - 1) / (lastMs - startMs) : 1 / (endMs - startMs)
  const rate = Number.isFinite(counted) ? counted * 1000 : claimed
  return Math.abs(claimed / rate - 1) < 0.02 ? claimed : rate
}

const describePicture = (video: Stream, picture: Span) => {
  const { width = 0, height = 0, color_transfer: transfer = '', color_primaries: primaries = '' } = video
  // ffprobe counts the turn against the clock.
  const turn = -(video.side_data_list.find(data => data.rotation !== undefined)?.rotation ?? 0)
  const rotation = quarterTurn(turn)
  const hdr = HDR_TRANSFERS.includes(transfer)
  return {
    ...displaySize({ width, height, pixelAspect: ratio(video.sample_aspect_ratio), rotation }),
    decoded: rotation % 180 === 0 ? { width, height } : { width: height, height: width },
    rotation,
    frameRate: frameRateOf(video, picture),
    videoCodec: video.codec_name,
    pixelFormat: video.pix_fmt ?? '',
    colours: { transfer, primaries, matrix: video.color_space ?? '' },
    hdr,
    wideColour: hdr || primaries === 'bt2020',
  }
}

const containerOf = async (file: string): Promise<Container> => {
  const handle = await open(file)
  const { buffer } = await handle.read(Buffer.alloc(1024), 0, 1024, 0).finally(() => handle.close())
  const kind = recogniseFile(buffer)
  if (!kind || !isContainer(kind)) throw problem('media.not_a_video')
  return kind
}

/** The end of a film: of its picture, unless its sound goes on. */
const filmEnd = (picture: Span, sound: SoundTrack | undefined): number =>
  sound && sound.span.endMs - picture.endMs > TOGETHER_MS ? sound.span.endMs : picture.endMs

const bitsPerSecond = (spans: readonly Span[]): number => {
  const lastMs = Math.max(...spans.map(({ endMs }) => endMs))
  const bytes = spans.reduce((sum, span) => sum + span.bytes, 0)
  return lastMs > 0 ? Math.round((bytes * 8000) / lastMs) : 0
}

/**
 * The judge of a film: which tracks it has and can be decoded, how large it is shown, how long
 * picture and sound last by their packets. `announced` is the spoken language, if its owner has
 * said it. Throws media.* problems.
 */
export const probe = async (
  source: string,
  limits: Limits & { folder: string },
  announced?: string,
): Promise<ProbedFile> => {
  const { file, found, hasDropped } = await readStreams(source, limits)
  const of = (type: string) => found.streams.filter(stream => stream.codec_type === type)
  const video = of('video').find(stream => stream.disposition.attached_pic !== 1)
  if (!video) throw problem('media.no_video_track')
  if (video.codec_name === 'unknown')
    throw problem('media.unreadable', { reason: 'the codec of its picture is unknown' })
  const named = of('audio')
    .map((stream, index) => ({ stream, index }))
    .filter(({ stream }) => stream.codec_name !== 'unknown')
    .slice(0, MAX_SOUND_TRACKS)
  const indexes = named.map(({ index }) => index)
  const [picture, ...spans] = (await measureTracks(file, indexes, limits)) as [Span, ...Span[]]
  const shown = describePicture(video, picture)
  checkLimits({ ...shown, durationMs: picture.endMs })
  const heard = await listenTo(
    file,
    named.map(({ stream, index }, i) => ({
      ...describeTrack(stream),
      ...(ISO_639_2.test(stream.tags.language ?? '') && { languageCode: stream.tags.language }),
      index,
      isDefault: stream.disposition.default === 1,
      isExtra: isExtra(stream),
      span: spans[i]!,
    })),
    limits,
  )
  const sounds = chooseSounds(heard, announced)
  const sampled = await sampleFrames(file, picture, shown.frameRate, limits)
  const claim = claimedMs(found)
  const missingMs = claim - Math.max(picture.endMs, ...heard.map(({ span }) => span.endMs))
  return checkLimits({
    ...shown,
    file,
    format: found.format.format_name,
    container: await containerOf(resolve(limits.folder, source)),
    durationMs: filmEnd(picture, sounds[0]),
    interlaced: sampled.interlaced || INTERLACED_ORDERS.includes(video.field_order ?? ''),
    hasAudio: sounds.length > 0,
    ...(sounds[0] && { audioCodec: sounds[0].codec }),
    bitrate: bitsPerSecond([picture, ...spans]),
    picture,
    sounds,
    textTracks: of('subtitle')
      .flatMap((stream, index) =>
        TEXT_SUBTITLES.includes(stream.codec_name)
          ? [{ ...describeTrack(stream), index, role: roleOf(stream) }]
          : [],
      )
      .slice(0, MAX_TEXT_TRACKS),
    warnings: [
      ...(missingMs > Math.max(1000, claim * 0.02) ? (['cut_off'] as const) : []),
      ...(sampled.isUnreadable ? (['picture_unreadable'] as const) : []),
      ...(hasDropped || heard.length < of('audio').length ? (['sound_unreadable'] as const) : []),
    ],
  })
}
