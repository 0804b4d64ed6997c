import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { problem } from '../shared/contract/problems.ts'
import { type Limits, openUntrusted, runFfmpeg } from './ffmpeg.ts'
import { openOutput } from './output-file.ts'
import { collectPictures, planPictures, tooFewPictures } from './pictures.ts'
import type { ProbedFile } from './probe.ts'
import type { Product } from './product.ts'

const AUDIO = 'audio.flac'
/**
 * The format that speech recognisers expect. Sound that begins late or has gaps is filled with
 * silence: times in it are times in the film.
 */
const AUDIO_ARGUMENTS = [
  '-map',
  '0:a:0',
  '-af',
  'aresample=16000:async=1:first_pts=0',
  '-ac',
  '1',
  '-c:a',
  'flac',
  AUDIO,
]
const MAX_CAPTION_BYTES = 10_000_000

export type Extraction = {
  file: string
  film: ProbedFile
  /** An empty folder of this job. */
  folder: string
  limits: Limits
  onProgress: (fraction: number) => void
  store: (product: Product) => Promise<void>
  onWarning: (message: string, error: unknown) => void
}

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

const extractAudio = async ({ folder, film }: Extraction): Promise<Product[]> => {
  if (!film.audioCodec) return []
  const file = join(folder, AUDIO)
  const durationMs = await flacDurationMs(file)
  return durationMs > 0
    ? [
        {
          kind: 'audio',
          name: AUDIO,
          file,
          contentType: 'audio/flac',
          details: { durationMs, sampleRate: 16_000 },
        },
      ]
    : []
}

/**
 * Subtitles only enrich: a track that cannot be read is left out, and the speech is recognised
 * instead.
 */
const extractCaptions = async ({ file, film, folder, limits, onWarning }: Extraction): Promise<Product[]> => {
  const products: Product[] = []
  for (const { index, language, title, codec } of film.textTracks) {
    const output = `captions-${index}.vtt`
    const track = ['-map', `0:s:${index}`, '-fs', String(MAX_CAPTION_BYTES), '-c:s', 'webvtt', output]
    try {
      await runFfmpeg([...openUntrusted(file), ...track], { ...limits, folder })
    } catch (error) {
      limits.signal?.throwIfAborted()
      onWarning(`subtitle track ${index} cannot be read`, error)
      continue
    }
    const vtt = join(folder, output)
    if ((await stat(vtt)).size <= 'WEBVTT\n\n'.length) continue
    products.push({
      kind: 'caption',
      name: `captions/${index}.${language ?? 'und'}.vtt`,
      file: vtt,
      contentType: 'text/vtt; charset=utf-8',
      ...(language && { language }),
      details: { index, codec, ...(title && { title }) },
    })
  }
  return products
}

/**
 * Sound, thumbnail and storyboard come from one pass over the file, its pictures decoded once.
 * Throws media.* problems.
 */
export const extract = async (o: Extraction): Promise<Product[]> => {
  const { file, film, folder, limits } = o
  let furthest = 0
  const onTimeMs = (ms: number) => {
    furthest = Math.max(furthest, Math.min(1, ms / film.durationMs))
    o.onProgress(furthest)
  }
  let plan = planPictures(film)
  const inFolder = (args: string[]) => runFfmpeg(args, { ...limits, folder }, onTimeMs)
  await inFolder([
    ...openUntrusted(file, plan.decoderOptions),
    '-filter_complex',
    plan.filter,
    ...plan.outputs,
    ...(film.audioCodec ? AUDIO_ARGUMENTS : []),
  ])
  if (plan.decoderOptions.length > 0 && (await tooFewPictures(folder))) {
    plan = planPictures(film, { everyFrame: true })
    await inFolder([...openUntrusted(file), '-filter_complex', plan.filter, ...plan.outputs])
  }
  const pictures = await collectPictures(o, plan)
  if (pictures.length === 0) throw problem('media.unreadable', { reason: 'not one picture can be decoded' })
  const products = [...(await extractAudio(o)), ...pictures, ...(await extractCaptions(o))]
  for (const product of products) await o.store(product)
  return products
}
