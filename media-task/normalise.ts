import { join } from 'node:path'
import {
  isPlayableRate,
  MAX_FRAME_RATE,
  MIN_FRAME_RATE,
  TOGETHER_MS,
} from '../shared/domain/media/media-facts.ts'
import { fitWithin } from '../shared/domain/media/rendition-ladder.ts'
import { INTERMEDIATE } from '../shared/kernel/object-keys.ts'
import { extractCaptions } from './captions.ts'
import type { Work } from './extract.ts'
import { openUntrusted, runFfmpeg } from './ffmpeg.ts'
import { hasOneParameterSet } from './parameter-sets.ts'
import { deinterlaced, fitted, in709, ONE_GRAPH } from './picture-filters.ts'
import type { ProbedFile } from './probe.ts'

const MAX_LINES = 1080
const SOUND_BITS_PER_SECOND = 160_000
/**
 * One PUT stores 5 GB at most:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html
 */
const MAX_OUTPUT_BITS = 4_500_000_000 * 8
/** More than 1080 lines ever need; above, x264 asks for a higher level than players know. */
const MAX_PICTURE_BITS_PER_SECOND = 50_000_000
/**
 * AVI keeps no presentation times: H.264 that reorders frames plays jerkily when it is only
 * repacked.
 */
const KEEPS_TIMES = /^(mov|matroska|flv)/

/**
 * Repacking is lossless and costs seconds; it is possible when MediaConvert reads the pictures, and
 * only the sound or the container is in its way.
 */
const canRepack = (film: ProbedFile): boolean =>
  film.videoCodec === 'h264' &&
  film.pixelFormat === 'yuv420p' &&
  !film.wideColour &&
  Math.min(film.width, film.height) <= MAX_LINES &&
  isPlayableRate(film.frameRate) &&
  film.picture.discarded === 0 &&
  film.picture.startMs <= TOGETHER_MS &&
  film.durationMs - film.picture.endMs <= TOGETHER_MS &&
  film.warnings.length === 0 &&
  KEEPS_TIMES.test(film.format)

/** Returns the bits a second that keep a film of this length, with its sounds, within one PUT. */
export const pictureBitsPerSecond = ({
  durationMs,
  sounds,
}: {
  durationMs: number
  sounds: { length: number }
}): number =>
  Math.min(
    MAX_PICTURE_BITS_PER_SECOND,
    Math.floor(MAX_OUTPUT_BITS / (durationMs / 1000)) - sounds.length * SOUND_BITS_PER_SECOND,
  )

const encode = (film: ProbedFile): string[] => {
  const rate = Math.min(MAX_FRAME_RATE, Math.max(MIN_FRAME_RATE, film.frameRate))
  const filters = [
    ...deinterlaced(film),
    // The first picture is shown from the beginning on, the last to the end.
    `fps=${rate.toFixed(5)}:start_time=0`,
    `tpad=stop=-1:stop_mode=clone,trim=end=${film.durationMs / 1000}`,
    ...fitted(fitWithin(film, MAX_LINES)),
    ...in709(film),
    'format=yuv420p',
  ]
  const most = pictureBitsPerSecond(film)
  const quality = ['-preset', 'veryfast', '-crf', '20', '-maxrate', `${most}`, '-bufsize', `${2 * most}`]
  return ['-vf', filters.join(','), '-c:v', 'libx264', ...quality, '-profile:v', 'high', '-g', '120']
}

/** Sound that begins late, has gaps or ends early is filled with silence. */
const encodeSounds = ({ sounds, durationMs }: ProbedFile): string[] =>
  sounds.flatMap(({ index, languageCode, title }, i) => [
    ...['-map', `0:a:${index}`, `-filter:a:${i}`],
    `aresample=48000:async=1:first_pts=0,apad,atrim=end=${durationMs / 1000}`,
    ...[`-metadata:s:a:${i}`, `language=${languageCode ?? 'und'}`],
    ...(title ? [`-metadata:s:a:${i}`, `handler_name=${title}`] : []),
    ...[`-disposition:a:${i}`, i === 0 ? 'default' : '0'],
  ])

const normaliseArguments = (film: ProbedFile, repack: boolean, output: string): string[] => [
  ...(repack ? [] : ONE_GRAPH),
  ...openUntrusted(film.file),
  ...['-map', '0:V:0', '-map_metadata', '-1', '-map_chapters', '-1', '-max_muxing_queue_size', '4096'],
  ...(repack ? ['-c:v', 'copy'] : encode(film)),
  ...encodeSounds(film),
  ...['-c:a', 'aac', '-b:a', String(SOUND_BITS_PER_SECOND), '-ac', '2', '-ar', '48000'],
  ...['-t', String(film.durationMs / 1000), '-movflags', '+faststart', '-f', 'mp4', output],
]

/**
 * Makes H.264 and AAC in MP4 of a film whose file cannot be trusted or that MediaConvert does not
 * read: picture and sounds begin and end together, the chosen sound is the first. Never above 1080
 * lines. Captions of the file are stored beside it.
 */
export const normalise = async (work: Work): Promise<void> => {
  const { film, folder } = work
  const name = INTERMEDIATE.normalised
  const limits = { ...work.limits, folder }
  const repack = canRepack(film) && (await hasOneParameterSet(film.file, limits))
  await runFfmpeg(normaliseArguments(film, repack, name), limits, ms =>
    work.onProgress(Math.min(1, ms / film.durationMs)),
  )
  await work.store({ kind: 'normalised', name, file: join(folder, name), contentType: 'video/mp4' })
  for (const caption of await extractCaptions(work)) await work.store(caption)
}
