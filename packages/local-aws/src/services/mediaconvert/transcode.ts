import { join } from 'node:path'
import { CommandError, runCommand } from '../../machine/command.ts'
import { JobError } from './job-error.ts'
import type { Plan, Rendition } from './job-request.ts'
import { openUntrusted, type Source } from './probe-source.ts'

// Quality levels 1-10 as x264's rate factor; 7 is its default.
const rateFactor = (quality: number) => Math.round(23 - (quality - 7) * 2.2)

/** Pictures of another shape get bars, unless they differ only by rounding. */
const fitInto = ({ width, height }: Rendition, aspect: number): string => {
  const sameShape = Math.abs(width / height / aspect - 1) < 0.02
  if (sameShape) return `scale=${width}:${height},setsar=1`
  const inside = `scale=${width}:${height}:force_original_aspect_ratio=decrease`
  return `scale=iw*sar:ih,setsar=1,${inside},pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,setsar=1`
}

const pictureOptions = (
  { quality, maxBitrate, gopSeconds, gopFrames }: Rendition,
  frameRate: number,
  segmentSeconds: number,
): string[] => {
  const rate = [
    '-crf',
    String(rateFactor(quality)),
    '-maxrate',
    String(maxBitrate),
    '-bufsize',
    String(2 * maxBitrate),
  ]
  // Key frames come at exact times, never at scene changes: so segments are exact, and equal in all
  // renditions.
  const every = gopSeconds && Number.isInteger(segmentSeconds / gopSeconds) ? gopSeconds : segmentSeconds
  const keys = [
    '-g',
    String(gopFrames ?? Math.ceil(frameRate * every * 2)),
    '-sc_threshold',
    '0',
    '-force_key_frames',
    `expr:gte(t,n_forced*${every})`,
  ]
  return [
    '-c:v',
    'libx264',
    '-preset',
    'superfast',
    '-profile:v',
    'high',
    '-pix_fmt',
    'yuv420p',
    ...rate,
    ...keys,
  ]
}

const soundOptions = ({ bitrate, sampleRate, channels }: NonNullable<Rendition['audio']>): string[] => [
  ...['-c:a', 'aac', '-b:a', String(bitrate), '-ar', String(sampleRate), '-ac', String(channels)],
  // Holes become silence and the first sample starts with the film, else the sound runs ahead of
  // the picture.
  ...['-af', 'aresample=async=1:first_pts=0'],
]

const outputOptions = (
  rendition: Rendition,
  index: number,
  frameRate: number,
  segmentSeconds: number,
  folder: string,
): string[] => [
  ...['-map', `[v${index}]`, ...pictureOptions(rendition, frameRate, segmentSeconds)],
  ...(rendition.audio ? ['-map', '0:a:0', ...soundOptions(rendition.audio)] : []),
  ...[
    '-map_metadata',
    '-1',
    '-f',
    'hls',
    '-hls_segment_type',
    'mpegts',
    '-hls_flags',
    'single_file+independent_segments',
  ],
  ...[
    '-hls_time',
    String(segmentSeconds),
    '-hls_playlist_type',
    'vod',
    '-hls_list_size',
    '0',
    join(folder, `${rendition.name}.m3u8`),
  ],
]

/**
 * Makes all renditions of a readable source in one run, so that it is decoded once. `onPercent`
 * follows it.
 */
export const transcode = async (o: {
  file: string
  source: Source
  plan: Plan
  folder: string
  signal: AbortSignal
  onPercent: (percent: number) => void
}): Promise<void> => {
  const { renditions, segmentSeconds } = o.plan
  const { frameRate, aspect } = o.source.video!
  const ends = renditions.map((_, i) => `[s${i}]`).join('')
  const graph = [
    `[0:V:0]fps=${frameRate.toFixed(5)},split=${renditions.length}${ends}`,
    ...renditions.map((rendition, i) => `[s${i}]${fitInto(rendition, aspect)}[v${i}]`),
  ].join(';')
  const outputs = renditions.flatMap((rendition, i) =>
    outputOptions(rendition, i, frameRate, segmentSeconds, o.folder),
  )
  const args = [
    '-nostdin',
    '-v',
    'error',
    '-nostats',
    '-progress',
    'pipe:1',
    ...openUntrusted(o.file),
    '-filter_complex',
    graph,
    ...outputs,
  ]
  const onLine = (line: string) => {
    // Old releases write microseconds under the name of milliseconds.
    const microseconds = /^out_time_(?:us|ms)=(\d+)$/.exec(line)?.[1]
    if (microseconds && o.source.durationSeconds > 0)
      o.onPercent(Math.min(1, Number(microseconds) / 1e6 / o.source.durationSeconds) * 100)
  }
  const deadlineMs = 600_000 + o.source.durationSeconds * 20_000
  try {
    await runCommand('ffmpeg', args, { deadlineMs, signal: o.signal, onLine })
  } catch (error) {
    if (error instanceof CommandError)
      throw new JobError(error.timedOut ? 1999 : 1075, error.message.replaceAll(o.file, 'input'))
    throw error
  }
}
