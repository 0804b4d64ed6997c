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
import { mediaPrefix, runPrefix, sourceCopyKey } from '../../kernel/object-keys.ts'
import { parseObjectUrl } from '../../kernel/object-url.ts'
import { endJobs } from '../jobs/end-jobs.ts'
import { queueJob } from '../jobs/open-job.ts'
import { processingEvent } from './processing-event.ts'
import { type ProgressDeps, reportProgress } from './report-progress.ts'

export type PublishDeps = ProgressDeps & {
  sql: Sql
  /** The object's head; undefined when it is not there. */
  head: (key: string) => Promise<{ eTag: string } | undefined>
  cleanup: Queue<MessageOf<'cleanup'>>
  sendSummary: (message: MessageOf<'summaries'>) => Promise<void>
  createId: CreateId
}

/** Makes a run's products the video's: the last step, in one transaction. What other runs and intermediate steps left is removed. Safe to repeat. */
export const publishRun = async (deps: PublishDeps, { runId, input }: { runId: string; input: PipelineInput }): Promise<void> => {
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
    // Sent before the commit, so that no publishing forgets what it leaves behind; nothing of it is of use to a repetition.
    const intermediate = [sourceCopyKey(videoId, runId, input.key), ...INTERMEDIATE.map(name => `${keep}${name}`)]
    await deps.cleanup.send({ keys: intermediate, prefixes: [mediaPrefix(videoId)], keepPrefix: keep })
    await endJobs(tx, { videoId, attempt, types: STEPS }, { status: 'completed' })
    await endJobs(tx, { videoId, attempt, types: ['process-video'] }, { status: 'completed', result: { videoId } })
    // A function that was stopped or never called keeps the pipeline from its summary: the worker writes it.
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

/** The video's file stays the one that its owner sent, and a form can be sent once more: it has to be the one that the products were made of. */
const checkFiles = async ({ head }: PublishDeps, { video, input }: { video: VideoRow; input: PipelineInput }): Promise<void> => {
  if (!video.playbackUrl || !(await head(parseObjectUrl(video.playbackUrl).key))) throw new Error('The converted video is not there')
  if ((await head(input.key))?.eTag !== input.eTag) throw problem('media.replaced')
}

/** The jobs whose work is done once a run can be published, whoever was to write it down. */
const STEPS = ['extract-metadata', 'extract-audio', 'generate-thumbnail', 'generate-transcript'] as const

/** Files that only later steps of the same run read, beside the copy of the source. */
const INTERMEDIATE = ['normalised.mp4', 'normalise/report.json', 'extract/report.json', 'transcript.json']
