import { open } from 'node:fs/promises'
import { CommandError, runCommand } from '../../machine/command.ts'
import { JobError } from './job-error.ts'

export type Source = {
  /** As the user guide's table names it. */
  container: string
  durationSeconds: number
  video?: { codec: string; tag: string; frameRate: number; aspect: number }
  audioCodec?: string
}

type Stream = {
  codec_type: string
  codec_name?: string
  codec_tag_string?: string
  width?: number
  height?: number
  avg_frame_rate?: string
  sample_aspect_ratio?: string
  disposition?: { attached_pic?: number }
  side_data_list?: { rotation?: number }[]
  tags?: { rotate?: string }
}
type Probe = {
  format: { format_name: string; duration?: string; tags?: { major_brand?: string } }
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

const ratio = (text = '0/0', separator = '/'): number => {
  const [over = 0, under = 0] = text.split(separator).map(Number)
  return under > 0 ? over / under : 0
}

// Variable rates are evened out; what a file claims beyond reason is bounded, because key frames
// are counted in it.
const steadyRate = (claimed: number): number => (claimed > 0 ? Math.min(60, Math.max(5, claimed)) : 30)

const videoOf = (stream: Stream): Source['video'] => {
  const turn =
    stream.side_data_list?.find(data => data.rotation !== undefined)?.rotation ??
    Number(stream.tags?.rotate ?? 0)
  const aspect = ((stream.width ?? 0) / (stream.height || 1)) * (ratio(stream.sample_aspect_ratio, ':') || 1)
  return {
    codec: stream.codec_name ?? 'unknown',
    tag: stream.codec_tag_string ?? '',
    frameRate: steadyRate(ratio(stream.avg_frame_rate)),
    aspect: turn % 180 === 0 ? aspect : 1 / aspect,
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
    video: video && videoOf(video),
    audioCodec: streams.find(stream => stream.codec_type === 'audio')?.codec_name,
  }
}
