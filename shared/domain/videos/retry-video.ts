import type { StateMachine } from '../../aws/state-machine.ts'
import type { Storage } from '../../aws/storage.ts'
import { failure, problem } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import { startRetry } from '../../db/repositories/runs.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'
import type { Transact } from '../../db/transact.ts'
import type { CreateId } from '../../kernel/ids.ts'
import { openJob } from '../jobs/open-job.ts'
import { failVideo } from '../runs/fail-video.ts'
import { processingEvent } from '../runs/processing-event.ts'
import { startRun } from '../runs/start-run.ts'
import { type Owned, requireVideo } from './require-video.ts'

export type RetryVideoDeps = {
  sql: Sql
  transact: Transact
  storage: Storage
  pipeline: StateMachine
  createId: CreateId
}

/**
 * Sends a failed video round again with the next attempt number. Throws `video.not_found`,
 * `video.not_failed`, `video.source_missing`.
 */
export const retryVideo = async (
  deps: RetryVideoDeps,
  { userId, videoId }: Owned,
): Promise<{ video: VideoRow; jobId: string }> => {
  const { status, sourceKey, sourceEtag } = await requireVideo(deps, { userId, videoId })
  if (status !== 'error') throw notFailed()
  const source = sourceKey && sourceEtag ? await deps.storage.head(sourceKey) : undefined
  if (!sourceKey || !source || source.eTag !== sourceEtag) {
    throw problem('video.source_missing')
  }
  const { video, jobId } = await deps.transact(async ({ sql, emit }) => {
    const row = await startRetry(sql, { userId, videoId })
    if (!row) throw notFailed()
    const step = { userId, videoId, attempt: row.attempt, type: 'process-video' } as const
    const job = await openJob({ sql, createId: deps.createId }, step)
    await emit(userId, processingEvent(row))
    return { video: row, jobId: job.id }
  })
  try {
    await startRun(deps, video, { key: sourceKey, eTag: source.eTag, sizeBytes: source.sizeBytes })
  } catch (error) {
    await giveBack(deps, video)
    throw error
  }
  return { video, jobId }
}

const notFailed = () => problem('video.not_failed')

/**
 * Without a run nobody would ever end this attempt: the video goes back to where it can be retried.
 */
const giveBack = (deps: RetryVideoDeps, { id: videoId }: VideoRow) =>
  deps.transact(tx => failVideo(tx, { videoId, runId: null, failure: NOT_STARTED }))

const NOT_STARTED = failure('media.processing_failed')
