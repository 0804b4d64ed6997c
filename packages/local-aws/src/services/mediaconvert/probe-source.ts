import { open } from 'node:fs/promises'
import { CommandError, runCommand } from '../../machine/command.ts'
import { JobError } from './job-error.ts'

export type Source = {
  /** As the user guide's table names it. */
  container: string
  durationSeconds: number
  video?: Picture
  /** One for each sound track. */
  audioCodecs: string[]
}

export type Picture = {
  codec: string
  tag: string
  frameRate: number
  /** Of the first picture as it is decoded: turned upright, its pixels not yet square. */
  width: number
  height: number
  /** ffprobe's names. */
  transfer: string
  primaries: string
  /** The end of its last frame. */
  endSeconds: number
}

type Stream = {
  codec_type: string
  codec_name?: string
  codec_tag_string?: string
  width?: number
  height?: number
  index: number
  avg_frame_rate?: string
  color_transfer?: string
  color_primaries?: string
  disposition?: { attached_pic?: number }
  side_data_list?: { rotation?: number }[]
  tags?: { rotate?: string }
}
type Probe = {
  format: { format_name: string; duration?: string; start_time?: string; tags?: { major_brand?: string } }
  streams: Stream[]
}

const demuxers = 'mov,matroska,avi,asf,flv,mpegts'
// The largest picture that MediaConvert reads; ffmpeg would also decode one that takes all memory.
const MAX_PIXELS = 8192 * 4320

/**
 * Options that open a file nobody has vouched for: one local file, known containers, a bounded
 * picture.
 */
export const openUntrusted = (file: string): string[] => [
  ...['-protocol_whitelist', 'file,pipe', '-format_whitelist', demuxers, '-max_pixels', String(MAX_PIXELS)],
  ...['-i', `file:${file}`],
]

const isWebM = async (file: string): Promise<boolean> => {
  const handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0).finally(() => handle.close())
  return buffer.subarray(0, bytesRead).includes('webm')
}

const containerOf = async (file: string, { format_name: name, tags }: Probe['format']): Promise<string> => {
  if (name.startsWith('mov,')) {
    const brand = tags?.major_brand ?? 'qt  '
    if (brand === 'qt  ') return 'QuickTime'
    return brand.startsWith('3g') ? '3GP' : 'MPEG-4'
  }
  if (name.startsWith('matroska')) return (await isWebM(file)) ? 'WebM' : 'Matroska'
  return { avi: 'AVI', asf: 'ASF', flv: 'Flash', mpegts: 'MPEG-TS' }[name] ?? name
}

const ratio = (text = '0/0'): number => {
  const [over = 0, under = 0] = text.split('/').map(Number)
  return under > 0 ? over / under : 0
}

// Variable rates are evened out; what a file claims beyond reason is bounded, because key frames
// are counted in it.
const steadyRate = (rate: number): number =>
  rate > 0 && Number.isFinite(rate) ? Math.min(60, Math.max(5, rate)) : 30

/** Reads through the packets: what a container says of its length need not be true. */
const measure = async (
  file: string,
  stream: Stream,
  signal: AbortSignal,
): Promise<{ packets: number; startSeconds: number; endSeconds: number }> => {
  const found = { packets: 0, startSeconds: Number.POSITIVE_INFINITY, endSeconds: 0 }
  const show = [
    ...['-select_streams', String(stream.index)],
    ...['-show_entries', 'packet=pts_time,dts_time,duration_time,flags'],
  ]
  await runCommand('ffprobe', ['-v', 'error', ...show, '-of', 'csv=p=0', ...openUntrusted(file)], {
    deadlineMs: 600_000,
    signal,
    onLine: line => {
      const [shown, decoded, duration, flags = ''] = line.split(',')
      // AVI keeps no presentation times. An edit list discards packets.
      const time = Number(shown === 'N/A' ? decoded : shown)
      if (Number.isNaN(time) || flags.includes('D')) return
      found.packets += 1
      found.startSeconds = Math.min(found.startSeconds, time)
      found.endSeconds = Math.max(found.endSeconds, time + (Number(duration) || 0))
    },
  })
  return found
}

const videoOf = async (
  file: string,
  stream: Stream,
  startSeconds: number,
  signal: AbortSignal,
): Promise<Picture> => {
  const turn =
    stream.side_data_list?.find(data => data.rotation !== undefined)?.rotation ??
    Number(stream.tags?.rotate ?? 0)
  const upright = turn % 180 === 0
  const [width = 0, height = 0] = upright ? [stream.width, stream.height] : [stream.height, stream.width]
  const measured = await measure(file, stream, signal)
  const claimed = ratio(stream.avg_frame_rate)
  const counted = measured.packets / (measured.endSeconds - measured.startSeconds)
  return {
    codec: stream.codec_name ?? 'unknown',
    tag: stream.codec_tag_string ?? '',
    // Fields may be counted as frames; a claim that is nearly true is the exact one.
    frameRate: steadyRate(Math.abs(claimed / counted - 1) < 0.02 ? claimed : counted),
    width,
    height,
    transfer: stream.color_transfer ?? '',
    primaries: stream.color_primaries ?? '',
    endSeconds: measured.endSeconds - startSeconds,
  }
}

/**
 * Returns the streams that ffprobe finds in a local file. Throws JobError 1010 when it cannot open
 * it.
 */
export const probeSource = async (file: string, signal: AbortSignal): Promise<Source> => {
  const show = ['-show_format', '-show_streams', '-of', 'json']
  const json = await runCommand('ffprobe', ['-v', 'error', ...show, ...openUntrusted(file)], {
    deadlineMs: 120_000,
    signal,
  }).catch(error => {
    throw error instanceof CommandError
      ? new JobError(1010, `unable to open the input file. ${error.message.replaceAll(file, 'input')}`)
      : error
  })
  const { format, streams } = JSON.parse(json) as Probe
  const video = streams.find(stream => stream.codec_type === 'video' && !stream.disposition?.attached_pic)
  return {
    container: await containerOf(file, format),
    durationSeconds: Number(format.duration ?? 0),
    ...(video && { video: await videoOf(file, video, Number(format.start_time ?? 0), signal) }),
    audioCodecs: streams
      .filter(stream => stream.codec_type === 'audio')
      .map(stream => stream.codec_name ?? 'unknown'),
  }
}
