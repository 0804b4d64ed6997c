import * as z from 'zod'
import { MAX_DURATION_SECONDS } from '../shared/contract/limits.ts'
import { problem } from '../shared/contract/problems.ts'
import { checkLimits, displaySize, languageTag, quarterTurn } from '../shared/domain/media/media-facts.ts'
import { type Limits, openUntrusted, runFfmpeg, runFfprobe } from './ffmpeg.ts'

const TEXT_SUBTITLES = ['mov_text', 'subrip', 'ass', 'ssa', 'webvtt', 'text']
const MAX_TEXT_TRACKS = 20
const MAX_TITLE_CHARACTERS = 200

const Probe = z.object({
  format: z.object({ format_name: z.string(), duration: z.coerce.number().optional() }),
  streams: z.array(
    z.object({
      codec_type: z.string().optional(),
      codec_name: z.string().default('unknown'),
      pix_fmt: z.string().optional(),
      width: z.number().optional(),
      height: z.number().optional(),
      sample_aspect_ratio: z.string().optional(),
      avg_frame_rate: z.string().optional(),
      tags: z.record(z.string(), z.string()).default({}),
      disposition: z.record(z.string(), z.number()).default({}),
      side_data_list: z.array(z.object({ rotation: z.number().optional() })).default([]),
    }),
  ),
})

export type ProbedFile = {
  format: string
  durationMs: number
  /** As a viewer sees it. */
  width: number
  height: number
  frameRate: number
  videoCodec: string
  pixelFormat: string
  /** Absent when there is none that can be decoded. */
  audioCodec?: string
  /** Subtitles made of text; `index` counts all subtitle tracks of the file. */
  textTracks: { index: number; codec: string; language?: string; title?: string }[]
}

const ratio = (text = '') => {
  const [numerator, denominator] = text.split(/[:/]/).map(Number)
  return numerator && denominator ? numerator / denominator : 0
}

/** Enough to tell a film that is too long from the longest that is not. */
const MEASURED_SECONDS = MAX_DURATION_SECONDS + 60

/**
 * Reads through the packets, without decoding. A longer film measures MEASURED_SECONDS.
 */
const measureDuration = async (file: string, limits: Limits): Promise<number> => {
  let durationMs = 0
  const packets = [
    ...openUntrusted(file, [], MEASURED_SECONDS),
    '-map',
    '0:V:0',
    '-map',
    '0:a:0?',
    '-c',
    'copy',
    '-f',
    'null',
    '-',
  ]
  await runFfmpeg(packets, limits, ms => {
    durationMs = Math.max(durationMs, ms)
  })
  return Math.round(durationMs)
}

/**
 * Browsers' own recordings do not say how long they are, and what a file says need not be true:
 * the measured duration counts, and the claimed one within a second of it.
 */
const findDuration = async (
  file: string,
  claimedSeconds: number | undefined,
  limits: Limits,
): Promise<number> => {
  const measuredMs = await measureDuration(file, limits)
  const claimedMs = Math.round((claimedSeconds ?? 0) * 1000)
  return Math.abs(claimedMs - measuredMs) < 1000 ? claimedMs : measuredMs
}

/** Postgres refuses JSON that ends in the first half of a character. */
const shortTitle = (title: string) => title.slice(0, MAX_TITLE_CHARACTERS).toWellFormed()

/**
 * The second gate: what ffmpeg itself makes of the file, before anything is decoded. Throws media.*
 * problems.
 */
export const probe = async (file: string, limits: Limits): Promise<ProbedFile> => {
  const { format, streams } = Probe.parse(
    await runFfprobe(file, ['-show_format', '-show_streams'], { ...limits, timeoutMs: 60_000 }),
  )
  const of = (type: string) => streams.filter(stream => stream.codec_type === type)
  const video = of('video').find(stream => stream.disposition.attached_pic !== 1)
  if (!video) throw problem('media.no_video_track')
  if (video.codec_name === 'unknown')
    throw problem('media.unreadable', { reason: 'the codec of its picture is unknown' })
  const audio = of('audio')[0]
  // ffprobe counts the turn against the clock.
  const rotation = quarterTurn(
    -(video.side_data_list.find(data => data.rotation !== undefined)?.rotation ?? 0),
  )
  const stored = {
    width: video.width ?? 0,
    height: video.height ?? 0,
    pixelAspect: ratio(video.sample_aspect_ratio),
    rotation,
  }
  return checkLimits({
    format: format.format_name,
    durationMs: await findDuration(file, format.duration, limits),
    ...displaySize(stored),
    frameRate: ratio(video.avg_frame_rate),
    videoCodec: video.codec_name,
    pixelFormat: video.pix_fmt ?? '',
    ...(audio && audio.codec_name !== 'unknown' && { audioCodec: audio.codec_name }),
    textTracks: of('subtitle')
      .flatMap(({ codec_name: codec, tags }, index) => {
        const language = languageTag(tags.language)
        return TEXT_SUBTITLES.includes(codec)
          ? [
              {
                index,
                codec,
                ...(language && { language }),
                ...(tags.title && { title: shortTitle(tags.title) }),
              },
            ]
          : []
      })
      .slice(0, MAX_TEXT_TRACKS),
  })
}
