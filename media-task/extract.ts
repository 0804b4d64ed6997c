import type { FilmWarning } from '../shared/contract/media-report.ts'
import { problem } from '../shared/contract/problems.ts'
import { extractCaptions } from './captions.ts'
import { type Limits, openUntrusted, runFfmpeg } from './ffmpeg.ts'
import { ONE_GRAPH } from './picture-filters.ts'
import { collectPictures, planPictures, tooFewPictures } from './pictures.ts'
import type { ProbedFile } from './probe.ts'
import type { Product } from './product.ts'
import { collectSounds, recognisable, rendition } from './sounds.ts'

/** The work on one film. */
export type Work = {
  film: ProbedFile
  /** An empty folder of this job. */
  folder: string
  limits: Limits
  onProgress: (fraction: number) => void
  store: (product: Product) => Promise<void>
  /**
   * Called for what is less than the file promised; `kind` is absent for what viewers do not miss.
   */
  onWarning: (kind: FilmWarning | undefined, message: string, error: unknown) => void
}

/**
 * Sound, thumbnail and storyboard come from one pass over the file, its pictures decoded once.
 * Throws media.* problems.
 */
export const extract = async (work: Work): Promise<void> => {
  const { film, folder, limits } = work
  let furthest = 0
  const onTimeMs = (ms: number) => {
    furthest = Math.max(furthest, Math.min(1, ms / film.durationMs))
    work.onProgress(furthest)
  }
  let plan = planPictures(film)
  const inFolder = (args: string[]) => runFfmpeg(args, { ...limits, folder }, onTimeMs)
  const [first, ...further] = film.sounds
  await inFolder([
    ...ONE_GRAPH,
    ...openUntrusted(film.file, plan.decoderOptions),
    '-filter_complex',
    plan.filter,
    ...plan.outputs,
    ...(first ? recognisable(first) : []),
    ...further.flatMap((sound, i) => rendition(sound, i + 1)),
  ])
  if (plan.decoderOptions.length > 0 && (await tooFewPictures(folder))) {
    plan = planPictures(film, { everyFrame: true })
    await inFolder([
      ...ONE_GRAPH,
      ...openUntrusted(film.file),
      '-filter_complex',
      plan.filter,
      ...plan.outputs,
    ])
  }
  const pictures = await collectPictures(work, plan)
  if (pictures.length === 0) throw problem('media.unreadable', { reason: 'not one picture can be decoded' })
  const products = [...(await collectSounds(folder, film)), ...pictures, ...(await extractCaptions(work))]
  for (const product of products) await work.store(product)
}
