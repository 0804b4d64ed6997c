import { join } from 'node:path'
import { CommandError, runCommand } from '../../machine/command.ts'
import { JobError } from './job-error.ts'
import type { Plan, Rendition, Sound } from './job-request.ts'
import { openUntrusted, type Picture, type Source } from './probe-source.ts'

// Quality levels 1-10 as x264's rate factor; 7 is its default.
const rateFactor = (quality: number) => Math.round(23 - (quality - 7) * 2.2)

/**
 * Pictures of another shape get bars, unless they differ only by rounding. The size of a picture is
 * looked at anew for each: it may change within a film.
 */
const fitInto = (width: number, height: number): string => {
  const sameShape = `lt(abs(dar*${height}/${width}-1)\\,0.02)`
  const even = (side: string) => `max(2\\,trunc(${side}/2)*2)`
  const w = `if(${sameShape}\\,${width}\\,${even(`min(${width}\\,${height}*dar)`)})`
  const h = `if(${sameShape}\\,${height}\\,${even(`min(${height}\\,${width}/dar)`)})`
  return `scale=w=${w}:h=${h}:eval=frame,setsar=1,pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:eval=frame`
}

/** The deinterlacer wants pictures of one size. */
const deinterlace = (frames: 'tagged' | 'all', { width, height }: Picture): string => {
  const [w, h] = [width + (width % 2), height + (height % 2)]
  const steady = `scale=${w}:${h}:force_original_aspect_ratio=decrease,pad=${w}:${h}:(ow-iw)/2:(oh-ih)/2:eval=frame`
  return `${steady},bwdif=mode=send_frame:deint=${frames === 'all' ? 'all' : 'interlaced'}`
}

/**
 * Wide colours and high dynamic range as BT.709. 100 nits are the white of standard dynamic range;
 * of the curves, mobius leaves colours nearest to those of a film that was made of one.
 */
const as709 = ({ transfer, primaries }: Picture): string => {
  if (transfer === 'smpte2084' || transfer === 'arib-std-b67')
    return 'zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=tv,'
  return primaries === 'bt2020' ? 'zscale=p=bt709:t=bt709:m=bt709:r=tv,' : ''
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

const soundOptions = (
  { track, bitrate, sampleRate, channels, matchesPicture }: Sound,
  { endSeconds }: Picture,
): string[] => [
  ...['-map', `0:a:${track}`],
  ...['-c:a', 'aac', '-b:a', String(bitrate), '-ar', String(sampleRate), '-ac', String(channels)],
  // Holes become silence and the first sample starts with the film, else the sound runs ahead of
  // the picture.
  ...['-af', `aresample=async=1:first_pts=0${matchesPicture ? `,apad,atrim=end=${endSeconds}` : ''}`],
]

const outputOptions = (
  rendition: Rendition,
  index: number,
  picture: Picture,
  segmentSeconds: number,
  folder: string,
): string[] => [
  ...['-map', `[v${index}]`, ...pictureOptions(rendition, picture.frameRate, segmentSeconds)],
  ...(rendition.audio ? soundOptions(rendition.audio, picture) : []),
  ...['-muxdelay', '0', '-muxpreload', '0', '-output_ts_offset', String(rendition.firstPtsSeconds)],
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
  const picture = o.source.video!
  const ends = renditions.map((_, i) => `[s${i}]`).join('')
  const [{ deinterlaced }] = renditions as [Rendition]
  const steps = [
    ...(deinterlaced === 'none' ? [] : [deinterlace(deinterlaced, picture)]),
    `fps=${picture.frameRate.toFixed(5)}`,
    // The last good picture stays when those at the end cannot be decoded.
    `tpad=stop=-1:stop_mode=clone,trim=end=${picture.endSeconds}`,
    `split=${renditions.length}${ends}`,
  ]
  const graph = [
    `[0:V:0]${steps.join(',')}`,
    ...renditions.map(
      ({ width, height, converts709 }, i) =>
        `[s${i}]${fitInto(width, height)},${converts709 ? as709(picture) : ''}format=yuv420p[v${i}]`,
    ),
  ].join(';')
  const outputs = renditions.flatMap((rendition, i) =>
    outputOptions(rendition, i, picture, segmentSeconds, o.folder),
  )
  const args = [
    '-nostdin',
    '-v',
    'error',
    '-nostats',
    '-progress',
    'pipe:1',
    // The graph takes pictures of any size; built anew at a change, it would begin again.
    ...['-reinit_filter', '0'],
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
