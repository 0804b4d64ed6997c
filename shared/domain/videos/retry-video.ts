import { failure, problem } from '../../contract/problems.ts'
import { createJob } from '../../db/repositories/jobs.ts'
import { startRetry } from '../../db/repositories/runs.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'
import { failVideo } from '../runs/fail-video.ts'
import { processingEvent } from '../runs/processing-event.ts'
import { startRun } from '../runs/start-run.ts'
import { requireVideo } from './require-video.ts'
import type { Owned, VideoDeps } from './video-deps.ts'

type Deps = Pick<VideoDeps, 'sql' | 'transact' | 'storage' | 'pipeline' | 'createId'>

/** Sends a failed video round again with the next attempt number. Throws `video.not_found`, `video.not_failed`, `video.source_missing`. */
export const retryVideo = async (deps: Deps, { userId, videoId }: Owned): Promise<{ video: VideoRow; jobId: string }> => {
  const { status, sourceKey, sourceEtag } = await requireVideo(deps, { userId, videoId })
  if (status !== 'error') throw notFailed()
  const source = sourceKey && sourceEtag ? await deps.storage.head(sourceKey) : undefined
  if (!sourceKey || !source || source.eTag !== sourceEtag) {
    throw problem('video.source_missing', { detail: 'The uploaded file is no longer there. Upload it again.' })
  }
  const { video, jobId } = await deps.transact(async ({ sql, emit }) => {
    const row = await startRetry(sql, { userId, videoId })
    if (!row) throw notFailed()
    const job = await createJob(sql, { id: deps.createId(), userId, videoId, type: 'process-video', attempt: row.attempt })
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

const notFailed = () => problem('video.not_failed', { detail: 'Only a video in status "error" can be retried.' })

/** Without a run nobody would ever end this attempt: the video goes back to where it can be retried. */
const giveBack = (deps: Deps, { id: videoId }: VideoRow) =>
  deps.transact(tx => failVideo(tx, { videoId, runId: null, failure: NOT_STARTED }))

const NOT_STARTED = failure('media.processing_failed', 'Processing failed. Try again.')
