import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Work } from './extract.ts'
import { openUntrusted, runFfmpeg } from './ffmpeg.ts'
import { readOutput } from './output-file.ts'
import type { CaptionTrack } from './probe.ts'
import type { Product } from './product.ts'
import { onlyDialogue } from './typesetting.ts'

const MAX_CAPTION_BYTES = 10_000_000
/** Reading a file of 2 GB for its subtitles takes a tenth of it. */
const CAPTION_TIMEOUT_MS = 120_000
const STYLED = ['ass', 'ssa']

type Captions = Pick<Work, 'film' | 'folder' | 'limits' | 'onWarning'>

/** Writes one track as WebVTT, to the end of the film. */
const writeVtt = async (
  { film, folder, limits }: Captions,
  { index, codec }: CaptionTrack,
  output: string,
): Promise<void> => {
  const run = (args: string[]) => runFfmpeg(args, { ...limits, folder, timeoutMs: CAPTION_TIMEOUT_MS })
  const bounds = ['-t', String(film.durationMs / 1000), '-fs', String(MAX_CAPTION_BYTES)]
  const track = [...openUntrusted(film.file), '-map', `0:s:${index}`, ...bounds]
  if (!STYLED.includes(codec)) return run([...track, '-c:s', 'webvtt', output])
  const [styled, dialogue] = [`captions-${index}.ass`, `dialogue-${index}.ass`]
  await run([...track, '-c:s', 'ass', styled])
  await writeFile(
    join(folder, dialogue),
    onlyDialogue(await readOutput(join(folder, styled), MAX_CAPTION_BYTES)),
  )
  await run(['-f', 'ass', '-i', dialogue, '-c:s', 'webvtt', output])
}

/**
 * The subtitle tracks of a film as WebVTT. They only enrich: a track that cannot be read is left
 * out, and the speech is recognised instead.
 */
export const extractCaptions = async (work: Captions): Promise<Product[]> => {
  const { film, folder, limits, onWarning } = work
  const products: Product[] = []
  for (const track of film.textTracks) {
    const { index, language, title, codec, role } = track
    const output = `captions-${index}.vtt`
    try {
      await writeVtt(work, track, output)
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
