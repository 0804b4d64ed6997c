import { createWriteStream } from 'node:fs'
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Storage } from '../shared/aws/storage.ts'
import { MAX_UPLOAD_BYTES } from '../shared/contract/limits.ts'
import type {
  FilmFacts,
  FilmWarning,
  MediaReport,
  MediaTaskMode,
  ReportedProduct,
} from '../shared/contract/media-report.ts'
import { problem } from '../shared/contract/problems.ts'
import { mediaReportKey } from '../shared/kernel/object-keys.ts'
import { isProblem } from '../shared/kernel/problem.ts'
import type { Logger } from '../shared/observability/logger.ts'
import { extract, type Work } from './extract.ts'
import type { Limits } from './ffmpeg.ts'
import { followProgress } from './follow-progress.ts'
import { normalise } from './normalise.ts'
import { type ProbedFile, probe } from './probe.ts'
import type { Product } from './product.ts'
import { storeProduct } from './store-product.ts'

/** A safety net above the state machine's own limit, which ends the task with a signal. */
const MAX_COMMAND_MS = 3 * 3_600_000
/** The share of the work that is left for uploading when ffmpeg has finished. */
const UPLOAD_SHARE = 0.1

export type TaskDeps = {
  storage: Pick<Storage, 'get' | 'head' | 'put'>
  videoId: string
  runId: string
  mode: MediaTaskMode
  sourceKey: string
  /** The entity tag of the file that was inspected. */
  sourceEtag: string
  /** The language that its owner has announced. */
  language: string | undefined
  /** Sends the share (0-1) of the work that is done. */
  sendProgress: (share: number) => Promise<void>
  /** The uid of ffmpeg and ffprobe; this program must be root then. */
  ffmpegUid: number | undefined
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Stops the work. */
  signal: AbortSignal
}

const download = async (
  { storage, sourceKey, sourceEtag, signal }: TaskDeps,
  file: string,
): Promise<void> => {
  const head = await storage.head(sourceKey)
  if (!head) throw problem('media.source_missing')
  if (head.sizeBytes > MAX_UPLOAD_BYTES) throw problem('media.size_mismatch')
  if (head.eTag !== sourceEtag) throw problem('media.replaced')
  const source = await storage.get(sourceKey, { ifMatch: head.eTag })
  await pipeline(source, createWriteStream(file), { signal })
  // Whatever umask this program has, ffmpeg reads the file as another user.
  await chmod(file, 0o644)
}

/** Makes a folder that this program and ffmpeg may write to, and nobody else may read. */
const makeWorkFolder = async (ffmpegUid: number | undefined): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'media-task-'))
  if (ffmpegUid !== undefined) {
    await chown(folder, 0, ffmpegUid)
    await chmod(folder, 0o770)
  }
  return folder
}

const work = async (deps: TaskDeps, folder: string): Promise<MediaReport> => {
  const { mode, log, signal, ffmpegUid: uid } = deps
  const limits: Limits = { signal, timeoutMs: MAX_COMMAND_MS, folder, ...(uid !== undefined && { uid }) }
  const progress = followProgress({
    send: deps.sendProgress,
    onWarning: error => log.warn('Progress could not be reported', { error }),
  })
  const onProgress = (fraction: number) => progress.update(fraction * (1 - UPLOAD_SHARE))
  progress.update(0)
  await download(deps, join(folder, SOURCE))
  const film = await probe(SOURCE, { ...limits, folder }, deps.language)
  log.info('Probed', factsOf(film))
  const warnings = new Set(film.warnings)
  const products: ReportedProduct[] = []
  const store = async (product: Product) => void products.push(await storeProduct(deps, product))
  const onWarning = (kind: FilmWarning | undefined, message: string, error: unknown) => {
    if (kind) warnings.add(kind)
    log.warn(message, { error })
  }
  await WORK[mode]({ film, folder, limits, onProgress, store, onWarning })
  await progress.settle()
  return { outcome: 'done', film: factsOf(film), products, warnings: [...warnings] }
}

const WORK = { normalise, extract } as const satisfies Record<MediaTaskMode, (work: Work) => Promise<void>>

const factsOf = (film: ProbedFile): FilmFacts => ({
  container: film.container,
  durationMs: film.durationMs,
  width: film.width,
  height: film.height,
  rotation: film.rotation,
  frameRate: film.frameRate,
  videoCodec: film.videoCodec,
  ...(film.audioCodec && { audioCodec: film.audioCodec }),
  hasAudio: film.hasAudio,
  bitrate: film.bitrate,
  hdr: film.hdr,
  wideColour: film.wideColour,
  interlaced: film.interlaced,
})

/** Relative to the work folder: ffmpeg may not be able to search the folders above it. */
const SOURCE = 'source'

/**
 * Returns the report of a file that is refused. Throws every failure that may be retried.
 */
const refusal = (error: unknown, log: TaskDeps['log']): MediaReport => {
  if (!isProblem(error) || error.type.retryable) throw error
  const { code, message, details } = error
  log.warn('File refused', { code, reason: message, stderr: details.reason })
  return { outcome: 'refused', code, message } as MediaReport
}

/**
 * Runs the task to its end and returns the exit code: 0 when its report is written, 1 for a failure
 * that may be retried. The work folder is always removed. Safe to repeat.
 */
export const runTask = async (deps: TaskDeps): Promise<0 | 1> => {
  const { storage, videoId, runId, mode, ffmpegUid, log } = deps
  const folder = await makeWorkFolder(ffmpegUid)
  try {
    const report = await work(deps, folder).catch(error => refusal(error, log))
    await storage.put(mediaReportKey(videoId, runId, mode), JSON.stringify(report), {
      contentType: 'application/json',
    })
    return 0
  } catch (error) {
    log.error('Media task failed', { error })
    return 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
