import * as z from 'zod'
import { isProblem } from '../shared/kernel/problem.ts'
import { type Limits, openUntrusted, runFfmpeg, runFfprobe } from './ffmpeg.ts'

/** A thousand tracks are read in a second; a file that takes longer was made to. */
const GATE = { isGate: true, timeoutMs: 20_000, memoryBytes: 3 * 1024 ** 3 }

const Stream = z.object({
  codec_type: z.string().optional(),
  codec_name: z.string().default('unknown'),
  pix_fmt: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  sample_aspect_ratio: z.string().optional(),
  color_transfer: z.string().optional(),
  color_primaries: z.string().optional(),
  color_space: z.string().optional(),
  field_order: z.string().optional(),
  avg_frame_rate: z.string().optional(),
  duration: z.coerce.number().optional(),
  tags: z.record(z.string(), z.string()).default({}),
  disposition: z.record(z.string(), z.number()).default({}),
  side_data_list: z.array(z.object({ rotation: z.number().optional() })).default([]),
})
export type Stream = z.infer<typeof Stream>

const Streams = z.object({
  format: z.object({
    format_name: z.string(),
    duration: z.coerce.number().optional(),
  }),
  streams: z.array(Stream),
})

export type Streams = z.infer<typeof Streams>

/** ffprobe refuses a file when a decoder refuses one track of it: a copy without that is read. */
const REFUSED_TRACK = /Could not open codec for input stream (\d+)/
const MAX_REFUSED_TRACKS = 8

/**
 * Returns the tracks that ffprobe finds, and the file to be read from here on. Throws media.*
 * problems.
 */
export const readStreams = async (
  source: string,
  limits: Limits & { folder: string },
): Promise<{ file: string; found: Streams; hasDropped: boolean }> => {
  let file = source
  for (let dropped = 0; ; dropped += 1) {
    try {
      const json = await runFfprobe(file, ['-show_format', '-show_streams'], { ...limits, ...GATE })
      return { file, found: Streams.parse(json), hasDropped: dropped > 0 }
    } catch (error) {
      if (!isProblem(error)) throw error
      const [, track] = REFUSED_TRACK.exec(String(error.details.reason)) ?? []
      if (track === undefined || dropped === MAX_REFUSED_TRACKS) throw error
      const copy = `source-${dropped}.mkv`
      const without = ['-map', '0', '-map', `-0:${track}`, '-dn', '-c', 'copy', '-f', 'matroska', copy]
      await runFfmpeg([...openUntrusted(file), ...without], limits)
      file = copy
    }
  }
}

/**
 * Returns the length that the file claims for picture and sound. Subtitles and data never lengthen
 * a film, so the whole file's length counts only without them.
 */
export const claimedMs = ({ format, streams }: Streams): number => {
  const film = streams.filter(({ codec_type }) => codec_type === 'video' || codec_type === 'audio')
  const own = film.map(({ duration, tags }) => duration ?? secondsOf(tags.DURATION ?? tags['DURATION-eng']))
  const known = own.filter(seconds => seconds !== undefined)
  const seconds =
    known.length > 0 ? Math.max(...known) : film.length === streams.length ? (format.duration ?? 0) : 0
  return Number.isFinite(seconds) ? Math.round(seconds * 1000) : 0
}

/** Matroska's `00:00:11.064000000`. */
const secondsOf = (clock: string | undefined): number | undefined => {
  const [, hours, minutes, seconds] = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(clock ?? '') ?? []
  return seconds === undefined ? undefined : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}
