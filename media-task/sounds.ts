import { join } from 'node:path'
import { FIRST_PTS_SECONDS, SEGMENT_SECONDS } from '../shared/domain/media/transcode-settings.ts'
import { openOutput } from './output-file.ts'
import type { ProbedFile, SoundTrack } from './probe.ts'
import type { Product } from './product.ts'

const AUDIO = 'audio.flac'

/**
 * Output options of the sound as speech recognisers expect it. Sound that begins late or has gaps
 * is filled with silence: times in it are times in the film.
 */
export const recognisable = ({ index }: SoundTrack): string[] => [
  ...['-map', `0:a:${index}`, '-af', 'aresample=16000:async=1:first_pts=0'],
  ...['-ac', '1', '-c:a', 'flac', AUDIO],
]

/**
 * Output options of a further sound as an HLS rendition: one file with byte ranges that begins at
 * the time stamp of the pictures.
 */
export const rendition = ({ index }: SoundTrack, number: number): string[] => [
  ...['-map', `0:a:${index}`, '-c:a', 'copy'],
  ...['-muxdelay', '0', '-muxpreload', '0', '-output_ts_offset', String(FIRST_PTS_SECONDS)],
  ...['-f', 'hls', '-hls_segment_type', 'mpegts', '-hls_flags', 'single_file', '-hls_playlist_type', 'vod'],
  ...['-hls_time', String(SEGMENT_SECONDS), '-hls_list_size', '0', `sound_${number}.m3u8`],
]

/**
 * FLAC writes the number of samples into its header (bits 108-143 of STREAMINFO) when it is
 * finished.
 */
const flacDurationMs = async (file: string): Promise<number> => {
  const handle = await openOutput(file)
  try {
    const header = Buffer.alloc(26)
    await handle.read(header, 0, 26, 0)
    const samples = (header.readUInt8(21) & 0x0f) * 2 ** 32 + header.readUInt32BE(22)
    return Math.round(samples / 16)
  } finally {
    await handle.close()
  }
}

/** The files that these options left. */
export const collectSounds = async (folder: string, { sounds }: ProbedFile): Promise<Product[]> => {
  const [first, ...further] = sounds
  if (!first) return []
  const durationMs = await flacDurationMs(join(folder, AUDIO))
  const audio: Product = {
    kind: 'audio',
    name: AUDIO,
    file: join(folder, AUDIO),
    contentType: 'audio/flac',
    ...(first.language && { language: first.language }),
    details: { durationMs, sampleRate: 16_000, ...(first.title && { title: first.title }) },
  }
  const renditions = further.flatMap(({ language, title }, i): Product[] => [
    {
      kind: 'sound',
      name: `hls/sound_${i + 1}.m3u8`,
      file: join(folder, `sound_${i + 1}.m3u8`),
      contentType: 'application/vnd.apple.mpegurl',
      ...(language && { language }),
      details: title ? { title } : {},
    },
    {
      kind: 'sound_segments',
      name: `hls/sound_${i + 1}.ts`,
      file: join(folder, `sound_${i + 1}.ts`),
      contentType: 'video/mp2t',
    },
  ])
  return [...(durationMs > 0 ? [audio] : []), ...renditions]
}
