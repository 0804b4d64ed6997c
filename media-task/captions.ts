import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Work } from './extract.ts'
import { openUntrusted, runFfmpeg } from './ffmpeg.ts'
import type { Product } from './product.ts'

const MAX_CAPTION_BYTES = 10_000_000
/** Reading a file of 2 GB for its subtitles takes a tenth of it. */
const CAPTION_TIMEOUT_MS = 120_000

/**
 * The subtitle tracks of a film as WebVTT. They only enrich: a track that cannot be read is left
 * out, and the speech is recognised instead.
 */
export const extractCaptions = async ({
  file,
  film,
  folder,
  limits,
  onWarning,
}: Pick<Work, 'file' | 'film' | 'folder' | 'limits' | 'onWarning'>): Promise<Product[]> => {
  const products: Product[] = []
  for (const { index, language, title, codec, role } of film.textTracks) {
    const output = `captions-${index}.vtt`
    const track = ['-map', `0:s:${index}`, '-fs', String(MAX_CAPTION_BYTES), '-c:s', 'webvtt', output]
    try {
      await runFfmpeg([...openUntrusted(file), ...track], {
        ...limits,
        folder,
        timeoutMs: CAPTION_TIMEOUT_MS,
      })
    } catch (error) {
      limits.signal?.throwIfAborted()
      onWarning('captions_unreadable', `subtitle track ${index} cannot be read`, error)
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
      details: { index, codec, role, ...(title && { title }) },
    })
  }
  return products
}
