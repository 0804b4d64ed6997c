import { failure, failureOf } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import { findNewestJob } from '../../db/repositories/jobs.ts'
import { findSummary, type SummaryRow, saveSummary } from '../../db/repositories/summaries.ts'
import { listSegments } from '../../db/repositories/transcripts.ts'
import { findVideo, type VideoRow } from '../../db/repositories/videos.ts'
import type { Transact } from '../../db/transact.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { CreateId } from '../../kernel/ids.ts'
import { isProblem } from '../../kernel/problem.ts'
import type { LanguageModel } from '../../providers/language-model/openai.ts'
import { returnJob, takeJob } from '../jobs/begin-job.ts'
import { endJobs } from '../jobs/end-jobs.ts'
import { openJob } from '../jobs/open-job.ts'
import { whyNoTranscript } from '../transcripts/why-no-transcript.ts'
import { abandonedBefore, SUMMARY_FAILED, summaryStep } from './summary-step.ts'
import { writeSummary } from './write-summary.ts'

export type SummariseDeps = {
  sql: Sql
  transact: Transact
  languageModel: LanguageModel
  createId: CreateId
  now: Clock
  /** How long the language model may take over all its answers. */
  budgetMs: number
}

/**
 * Returns the summary of a video in a language: the one that exists, or a new one. Returns
 * undefined when the video is gone, nothing was said in it, or another worker writes it. Throws
 * when it cannot be written; its job has failed then. The job of a video that is still being
 * processed returns to the queue, and `publishRun` sends it again.
 */
export const summariseVideo = async (
  deps: SummariseDeps,
  { videoId, userId, language }: { videoId: string; userId: string; language: string },
): Promise<SummaryRow | undefined> => {
  const video = await findVideo(deps.sql, { userId, videoId })
  if (!video || video.transcriptStatus === 'pending') return undefined
  if (video.transcriptStatus === 'none') return refuse(deps, { video, language })
  const { id: jobId } = await openJob(deps, summaryStep(video, language))
  // The guide's steps of this job: 20, then 100.
  const claimed = await takeJob(deps.sql, {
    jobId,
    progress: 20,
    abandonedBefore: abandonedBefore(deps.now()),
  })
  const existing = await findSummary(deps.sql, { videoId, requestedLanguage: language })
  if (!claimed) return existing
  if (existing) {
    await deps.transact(tx =>
      endJobs(tx, { jobId }, { status: 'completed', result: { summaryId: existing.id } }),
    )
    return existing
  }
  const signal = AbortSignal.timeout(deps.budgetMs)
  try {
    const segments = await listSegments(deps.sql, { userId, videoId })
    const { model, sources, ...text } = await writeSummary(deps.languageModel, {
      title: video.title,
      language,
      transcriptLanguage: video.transcriptLanguage,
      segments,
      signal,
    })
    const written = { videoId, requestedLanguage: language, ...text, modelUsed: model, sources }
    return await deps.transact(async tx => {
      const summary = await saveSummary(tx.sql, written)
      if (summary) await endJobs(tx, { jobId }, { status: 'completed', result: { summaryId: summary.id } })
      return summary
    })
  } catch (error) {
    const reason = isProblem(error) ? failureOf(error) : SUMMARY_FAILED
    if (video.status === 'processing') await returnJob(deps.sql, { jobId })
    else await deps.transact(tx => endJobs(tx, { jobId }, { status: 'failed', error: reason }))
    throw error
  }
}

/** Somebody may have asked before it was known that there is no transcript. */
const refuse = async (
  deps: SummariseDeps,
  { video, language }: { video: VideoRow; language: string },
): Promise<undefined> => {
  const job = await findNewestJob(deps.sql, {
    videoId: video.id,
    type: 'generate-summary',
    subject: language,
  })
  const error = failure('summary.no_transcript', whyNoTranscript(video))
  if (job) await deps.transact(tx => endJobs(tx, { jobId: job.id }, { status: 'failed', error }))
}
