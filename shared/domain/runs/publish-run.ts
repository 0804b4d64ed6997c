import type { Queue } from '../../aws/queue.ts'
import { type PipelineInput, SUMMARY_LANGUAGE } from '../../contract/pipeline.ts'
import { problem } from '../../contract/problems.ts'
import type { MessageOf } from '../../contract/queues.ts'
import type { Sql } from '../../db/client.ts'
import { deleteOtherCaptionTracks } from '../../db/repositories/caption-tracks.ts'
import { listQueuedJobs } from '../../db/repositories/jobs.ts'
import { releaseLease } from '../../db/repositories/leases.ts'
import { deleteMediaFiles, deleteOtherMediaFiles } from '../../db/repositories/media-files.ts'
import { completeRun } from '../../db/repositories/runs.ts'
import { findVideo, type VideoRow } from '../../db/repositories/videos.ts'
import type { CreateId } from '../../kernel/ids.ts'
import { INTERMEDIATE, mediaPrefix, runPrefix, sourceCopyKey } from '../../kernel/object-keys.ts'
import { endJobs } from '../jobs/end-jobs.ts'
import { queueJob } from '../jobs/open-job.ts'
import { processingEvent } from './processing-event.ts'
import { type ProgressDeps, reportProgress } from './report-progress.ts'

export type PublishDeps = ProgressDeps & {
  sql: Sql
  /** Returns an object's head, or undefined without such an object. */
  head: (key: string) => Promise<{ eTag: string } | undefined>
  /** Returns what keeps the video from playing. */
  findFaults: (video: VideoRow) => Promise<string[]>
  cleanup: Queue<MessageOf<'cleanup'>>
  sendSummary: (message: MessageOf<'summaries'>) => Promise<void>
  createId: CreateId
}

/**
 * Completes a run in one transaction: its products become the video's, its jobs end. Removes the
 * files of other runs and of intermediate steps. Idempotent. Throws `media.replaced` when the
 * source has changed, and a fault of ours when the film would not play.
 */
export const publishRun = async (
  deps: PublishDeps,
  { runId, input }: { runId: string; input: PipelineInput },
): Promise<void> => {
  const { videoId, userId, attempt } = input
  const keep = runPrefix(videoId, runId)
  await reportProgress(deps, { videoId, runId, stage: 'publishing', share: 0 })
  const video = await findVideo(deps.sql, { userId, videoId })
  if (video?.runId === runId) await checkFiles(deps, { video, input })
  const isPublished = await deps.transact(async tx => {
    const { sql, emit } = tx
    const published = await completeRun(sql, { videoId, runId })
    await releaseLease(sql, { runId })
    if (!published) return video?.runId === runId && video.status === 'processed'
    // Sent before the commit: a message that cannot be sent rolls the publishing back.
    const intermediate = [
      sourceCopyKey(videoId, runId, input.key),
      ...Object.values(INTERMEDIATE).map(name => `${keep}${name}`),
    ]
    await deps.cleanup.send({ keys: intermediate, prefixes: [mediaPrefix(videoId)], keepPrefix: keep })
    await endJobs(tx, { videoId, attempt, types: STEPS }, { status: 'completed' })
    await endJobs(
      tx,
      { videoId, attempt, types: ['process-video'] },
      { status: 'completed', result: { videoId } },
    )
    // The worker writes a summary that the pipeline did not write.
    const summary = { videoId, userId, attempt, type: 'generate-summary', subject: SUMMARY_LANGUAGE } as const
    if (published.transcriptStatus === 'ready') await queueJob({ sql, createId: deps.createId }, summary)
    await deleteMediaFiles(sql, { videoId, runId, kind: 'normalised' })
    await deleteOtherMediaFiles(sql, { videoId, runId })
    await deleteOtherCaptionTracks(sql, { videoId, runId })
    await emit(userId, processingEvent(published))
    return true
  })
  if (!isPublished) return
  for (const job of await listQueuedJobs(deps.sql, { videoId, type: 'generate-summary' })) {
    await deps.sendSummary({ jobId: job.id, videoId, userId, language: job.subject })
  }
}

/** Throws when the video would not play, or another upload has replaced the source. */
const checkFiles = async (
  { head, findFaults }: PublishDeps,
  { video, input }: { video: VideoRow; input: PipelineInput },
): Promise<void> => {
  const faults = await findFaults(video)
  if (faults.length > 0) throw new Error(`The converted video would not play: ${faults.join('; ')}`)
  if ((await head(input.key))?.eTag !== input.eTag) throw problem('media.replaced')
}

/** The work of these jobs is done once a run can be published. */
const STEPS = ['extract-metadata', 'extract-audio', 'generate-thumbnail', 'generate-transcript'] as const
