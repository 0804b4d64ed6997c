import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Rendition } from './job-request.ts'

const SPS = Buffer.from([0, 0, 1, 0x67])

/**
 * RFC 6381: avc1 with profile, constraints and level, as the first sequence parameter set says
 * them: ffprobe guesses the level of a film of a few pictures.
 */
const readAvcCodec = async (file: string): Promise<string> => {
  const handle = await open(file)
  try {
    const { buffer } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0)
    const start = buffer.indexOf(SPS)
    if (start < 0) throw new Error('a rendition begins without its parameters')
    return `avc1.${buffer.subarray(start + 4, start + 7).toString('hex')}`
  } finally {
    await handle.close()
  }
}

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

const variantOf = async (
  folder: string,
  { name, width, height, audio }: Rendition,
  frameRate: number,
): Promise<string> => {
  const { peak, mean } = bandwidthOf(await readFile(join(folder, `${name}.m3u8`), 'utf8'))
  const codecs = [await readAvcCodec(join(folder, `${name}.ts`)), ...(audio ? ['mp4a.40.2'] : [])]
  const attributes = [
    `BANDWIDTH=${peak}`,
    `AVERAGE-BANDWIDTH=${mean}`,
    `CODECS="${codecs.join(',')}"`,
    `RESOLUTION=${width}x${height}`,
    `FRAME-RATE=${frameRate.toFixed(3)}`,
  ]
  return `#EXT-X-STREAM-INF:${attributes.join(',')}\n${name}.m3u8\n`
}

/** The playlist that lists the renditions lying in `folder`. */
export const masterPlaylist = async (
  folder: string,
  renditions: readonly Rendition[],
  frameRate: number,
): Promise<string> => {
  const variants = await Promise.all(renditions.map(rendition => variantOf(folder, rendition, frameRate)))
  return `#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-INDEPENDENT-SEGMENTS\n${variants.join('')}`
}
