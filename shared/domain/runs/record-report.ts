import type { Storage } from '../../aws/storage.ts'
import {
  type FilmWarning,
  MediaReport,
  type MediaTaskMode,
  type ReportedProduct,
} from '../../contract/media-report.ts'
import { type Film, type PipelineInput, STAGE_OF_MODE } from '../../contract/pipeline.ts'
import { problem } from '../../contract/problems.ts'
import { saveMediaFile } from '../../db/repositories/media-files.ts'
import { recordProducts } from '../../db/repositories/runs.ts'
import type { Transact } from '../../db/transact.ts'
import { mediaReportKey, runPrefix } from '../../kernel/object-keys.ts'
import { objectUrl } from '../../kernel/object-url.ts'
import { endJobs } from '../jobs/end-jobs.ts'
import { describeFilm } from './describe-film.ts'
import { reportProgress } from './report-progress.ts'

export type RecordReportDeps = {
  transact: Transact
  storage: Pick<Storage, 'bucket' | 'head' | 'getText'>
}

type Task = { runId: string; input: PipelineInput; mode: MediaTaskMode; film: Film }

/** Ten times the report with the most products and the longest texts. */
const MAX_REPORT_BYTES = 200_000

const readReport = async ({ storage }: RecordReportDeps, key: string): Promise<MediaReport> => {
  const { sizeBytes } = (await storage.head(key)) ?? {}
  if (sizeBytes === undefined) throw new Error('The media task has left no report')
  if (sizeBytes > MAX_REPORT_BYTES) throw new Error(`The report of the media task has ${sizeBytes} bytes`)
  return MediaReport.parse(JSON.parse((await storage.getText(key)) ?? ''))
}

/**
 * Records the report of the media task: its files, the facts of the film and the jobs of its work,
 * in one transaction. Returns the film that the next steps read. Throws the media.* problem of a
 * refused file, and `media.cancelled` when the run has ended.
 */
export const recordReport = async (
  deps: RecordReportDeps,
  { runId, input, mode, film: read }: Task,
): Promise<Film> => {
  const { videoId, attempt } = input
  const report = await readReport(deps, mediaReportKey(videoId, runId, mode))
  if (report.outcome === 'refused') throw problem(report.code, { detail: report.message })
  const { film, products, warnings } = report
  const urlOf = ({ name }: ReportedProduct) =>
    objectUrl(deps.storage.bucket, `${runPrefix(videoId, runId)}${name}`)
  const find = <K extends ReportedProduct['kind']>(kind: K) =>
    products.find((product): product is Extract<ReportedProduct, { kind: K }> => product.kind === kind)

  await deps.transact(async tx => {
    const [thumbnail, storyboard] = [find('thumbnail'), find('storyboard_vtt')]
    // The film that was made of a file says nothing of the file, but is as long as what is played.
    const facts = read.normalise && mode === 'extract' ? { durationMs: film.durationMs } : describeFilm(film)
    const current = await recordProducts(tx.sql, {
      ...{ videoId, runId },
      durationSeconds: film.durationMs / 1000,
      ...(thumbnail && { thumbnailUrl: urlOf(thumbnail) }),
      metadata: {
        ...facts,
        ...(warnings.length > 0 && { warnings: warnings.map(code => ({ code, message: WARNINGS[code] })) }),
        ...(storyboard && { storyboardUrl: urlOf(storyboard) }),
      },
    })
    if (!current) throw problem('media.cancelled')
    for (const product of products)
      await saveMediaFile(tx.sql, { videoId, runId, url: urlOf(product), ...product })
    if (mode === 'normalise') return
    const sound = find('audio')?.details ?? { reason: 'no_audio' }
    await endJobs(tx, { videoId, attempt, types: ['extract-audio'] }, { status: 'completed', result: sound })
    await endJobs(
      tx,
      { videoId, attempt, types: ['generate-thumbnail'] },
      { status: 'completed', result: thumbnail?.details },
    )
  })
  await reportProgress(deps, { videoId, runId, stage: STAGE_OF_MODE[mode], share: 1 })
  const normalised = find('normalised')
  if (!normalised) return read
  const key = `${runPrefix(videoId, runId)}${normalised.name}`
  const head = await deps.storage.head(key)
  if (!head) throw new Error('The media task has reported a film that is not there')
  return { ...read, key, eTag: head.eTag }
}

const WARNINGS = {
  cut_off: 'The file ends before its film does: the rest is missing.',
  picture_unreadable: 'A part of the picture cannot be read. There, the last picture stays.',
  sound_unreadable: 'A sound track cannot be decoded and was left out.',
  captions_unreadable: 'A subtitle track cannot be read and was left out.',
} as const satisfies Record<FilmWarning, string>
