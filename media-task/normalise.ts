import { join } from 'node:path'
import { MAX_DURATION_SECONDS } from '../shared/contract/limits.ts'
import { fitWithin } from '../shared/domain/media/rendition-ladder.ts'
import { INTERMEDIATE } from '../shared/kernel/object-keys.ts'
import { type Limits, openUntrusted, runFfmpeg } from './ffmpeg.ts'
import type { ProbedFile } from './probe.ts'
import type { Product } from './product.ts'

const MAX_LINES = 1080
const MAX_FRAME_RATE = 60
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
 * Repacking is lossless and costs seconds; it is possible when MediaConvert reads the pictures and
 * only minds the sound or the container.
 */
const canRepack = (film: ProbedFile) =>
  film.videoCodec === 'h264' &&
  film.pixelFormat === 'yuv420p' &&
  Math.min(film.width, film.height) <= MAX_LINES &&
  KEEPS_TIMES.test(film.format)

const pictureBitsPerSecond = ({ durationMs }: ProbedFile) =>
  Math.min(
    MAX_PICTURE_BITS_PER_SECOND,
    Math.floor(MAX_OUTPUT_BITS / (durationMs / 1000)) - SOUND_BITS_PER_SECOND,
  )

const encode = (film: ProbedFile): string[] => {
  const { width, height } = fitWithin(film, MAX_LINES)
  const filters = [
    ...(film.frameRate > MAX_FRAME_RATE ? [`fps=${MAX_FRAME_RATE}`] : []),
    `scale=${width}:${height}`,
    'setsar=1',
    'format=yuv420p',
  ]
  const most = pictureBitsPerSecond(film)
  const quality = [
    '-preset',
    'veryfast',
    '-crf',
    '20',
    '-maxrate',
    String(most),
    '-bufsize',
    String(2 * most),
  ]
  return ['-vf', filters.join(','), '-c:v', 'libx264', ...quality, '-profile:v', 'high', '-g', '120']
}

const normaliseArguments = (file: string, film: ProbedFile, output: string): string[] => [
  ...openUntrusted(file),
  ...['-map', '0:V:0', '-map_chapters', '-1', '-max_muxing_queue_size', '4096'],
  ...(canRepack(film) ? ['-c:v', 'copy'] : encode(film)),
  ...(film.audioCodec
    ? ['-map', '0:a:0', '-c:a', 'aac', '-b:a', String(SOUND_BITS_PER_SECOND), '-ac', '2', '-ar', '48000']
    : []),
  ...['-t', String(MAX_DURATION_SECONDS), '-movflags', '+faststart', '-f', 'mp4', output],
]

/**
 * Makes H.264 and AAC in MP4 of a film that MediaConvert does not read, for it alone: subtitles
 * stay behind. Never above 1080 lines.
 */
export const normalise = async (o: {
  file: string
  film: ProbedFile
  folder: string
  limits: Limits
  onProgress: (fraction: number) => void
  store: (product: Product) => Promise<void>
}): Promise<void> => {
  const name = INTERMEDIATE.normalised
  const limits = { ...o.limits, folder: o.folder }
  await runFfmpeg(normaliseArguments(o.file, o.film, name), limits, ms =>
    o.onProgress(Math.min(1, ms / o.film.durationMs)),
  )
  await o.store({ kind: 'normalised', name, file: join(o.folder, name), contentType: 'video/mp4' })
}
