import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Storage } from '../shared/aws/storage.ts'
import { MAX_UPLOAD_BYTES } from '../shared/contract/limits.ts'
import { failureOf, problem } from '../shared/contract/problems.ts'
import { isProblem } from '../shared/kernel/problem.ts'
import type { Logger } from '../shared/observability/logger.ts'
import { extract } from './extract.ts'
import type { Limits } from './ffmpeg.ts'
import { followProgress } from './follow-progress.ts'
import { normalise } from './normalise.ts'
import { probe } from './probe.ts'
import type { TaskRecord } from './record.ts'

/** A safety net above the state machine's own limit, which ends the task with a signal. */
const MAX_COMMAND_MS = 3 * 3_600_000
/** The share of the work that is left for uploading when ffmpeg has finished. */
const UPLOAD_SHARE = 0.1

export type TaskDeps = {
  storage: Pick<Storage, 'get' | 'head'>
  record: TaskRecord
  mode: 'normalise' | 'extract'
  sourceKey: string
  /** Of the file that was inspected; null while it is not known. */
  sourceEtag: string | null
  /** False once nobody waits for this run any more. */
  report: (share: number) => Promise<boolean>
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  controller: AbortController
}

const download = async ({ storage, sourceKey, sourceEtag, controller }: TaskDeps, file: string): Promise<void> => {
  const head = await storage.head(sourceKey)
  if (!head) throw problem('media.unreadable', { detail: 'The uploaded file is no longer there. Upload it again.' })
  if (head.sizeBytes > MAX_UPLOAD_BYTES) throw problem('media.size_mismatch', { detail: 'The file is larger than an upload may be.' })
  if (sourceEtag && head.eTag !== sourceEtag) throw problem('media.replaced')
  const source = await storage.get(sourceKey, { ifMatch: head.eTag })
  await pipeline(source, createWriteStream(file), { signal: controller.signal })
}

const work = async (deps: TaskDeps, folder: string): Promise<void> => {
  const { record, mode, log, controller } = deps
  const limits: Limits = { signal: controller.signal, timeoutMs: MAX_COMMAND_MS }
  const progress = followProgress({
    report: deps.report,
    onStale: () => controller.abort(problem('media.cancelled')),
    onWarning: error => log.warn('Progress could not be reported', { error }),
  })
  const onProgress = (fraction: number) => progress.update(fraction * (1 - UPLOAD_SHARE))
  progress.update(0)
  if (mode === 'extract') await record.beginExtraction()
  const file = join(folder, 'source')
  await download(deps, file)
  const film = await probe(file, limits)
  const { textTracks, ...facts } = film
  log.info('Probed', { ...facts, textTracks: textTracks.length })
  const task = { file, film, folder, limits, onProgress, store: record.store }
  if (mode === 'normalise') {
    await normalise(task)
    await record.finishNormalising(film)
  } else {
    const products = await extract({ ...task, onWarning: (message, error) => log.warn(message, { error }) })
    await record.finishExtraction(film, products)
  }
  await progress.finish(1)
}

/**
 * Runs the task to its end and answers the exit code: 1 for a fault of ours, which is tried again. A file that is refused is no fault: its reason is recorded,
 * and the next state finds the run ended. The task's folder is always removed. Safe to repeat.
 */
export const runTask = async (deps: TaskDeps): Promise<0 | 1> => {
  const { record, log } = deps
  if (!(await record.isCurrent())) {
    log.info('The run has ended before')
    return 0
  }
  const folder = await mkdtemp(join(tmpdir(), 'media-task-'))
  try {
    await work(deps, folder)
    return 0
  } catch (error) {
    if (!isProblem(error)) {
      log.error('Media task failed', { error })
      return 1
    }
    const { code, message, type, details } = error
    log.warn('File refused', { code, reason: message, stderr: details.reason })
    if (code === 'media.cancelled') return 0
    if (type.retryable) return 1
    await record.refuse(failureOf(error))
    return 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
