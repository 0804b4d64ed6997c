import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../machine/command.ts'

type Stream = {
  codec_type: string
  profile?: string
  level?: number
  width?: number
  height?: number
  avg_frame_rate?: string
}

const profiles: Record<string, string> = {
  High: '6400',
  Main: '4d40',
  'Constrained Baseline': '42e0',
  Baseline: '4200',
}

/** RFC 6381: avc1, profile with its constraints, level. */
const codecOf = ({ codec_type, profile = 'High', level = 31 }: Stream): string =>
  codec_type === 'audio'
    ? 'mp4a.40.2'
    : `avc1.${profiles[profile] ?? profiles.High}${level.toString(16).padStart(2, '0')}`

/** Peak and mean bits per second over the byte ranges of a rendition's playlist. */
export const bandwidthOf = (playlist: string): { peak: number; mean: number; seconds: number } => {
  const segments = [...playlist.matchAll(/#EXTINF:([\d.]+),[^#]*#EXT-X-BYTERANGE:(\d+)/g)].map(
    ([, seconds, bytes]) => ({
      seconds: Number(seconds),
      bits: Number(bytes) * 8,
    }),
  )
  const seconds = segments.reduce((sum, segment) => sum + segment.seconds, 0)
  const bits = segments.reduce((sum, segment) => sum + segment.bits, 0)
  // A last segment of a few frames has no meaningful rate of its own.
  const rates = segments
    .filter(segment => segment.seconds >= 1 || segments.length === 1)
    .map(segment => segment.bits / segment.seconds)
  return { peak: Math.ceil(Math.max(0, ...rates)), mean: Math.ceil(bits / Math.max(seconds, 0.001)), seconds }
}

const variantOf = async (folder: string, name: string, signal: AbortSignal): Promise<string> => {
  const { peak, mean } = bandwidthOf(await readFile(join(folder, `${name}.m3u8`), 'utf8'))
  const show = ['-show_entries', 'stream=codec_type,profile,level,width,height,avg_frame_rate', '-of', 'json']
  const json = await runCommand('ffprobe', ['-v', 'error', ...show, join(folder, `${name}.ts`)], {
    deadlineMs: 60_000,
    signal,
  })
  const { streams } = JSON.parse(json) as { streams: Stream[] }
  const video = streams.find(stream => stream.codec_type === 'video')!
  const codecs = [video, ...streams.filter(stream => stream.codec_type === 'audio')].map(codecOf)
  const [frames = 0, per = 1] = (video.avg_frame_rate ?? '').split('/').map(Number)
  const attributes = [
    `BANDWIDTH=${peak}`,
    `AVERAGE-BANDWIDTH=${mean}`,
    `CODECS="${codecs.join(',')}"`,
    `RESOLUTION=${video.width}x${video.height}`,
    `FRAME-RATE=${(frames / (per || 1)).toFixed(3)}`,
  ]
  return `#EXT-X-STREAM-INF:${attributes.join(',')}\n${name}.m3u8\n`
}

/** The playlist that lists the renditions lying in `folder`. */
export const masterPlaylist = async (
  folder: string,
  names: string[],
  signal: AbortSignal,
): Promise<string> => {
  const variants = await Promise.all(names.map(name => variantOf(folder, name, signal)))
  return `#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-INDEPENDENT-SEGMENTS\n${variants.join('')}`
}
