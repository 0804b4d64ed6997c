import { SUMMARIZE_WAIT_MS } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import type { MessageOf } from '../../contract/queues.ts'
import type { Sql } from '../../db/client.ts'
import { findJob } from '../../db/repositories/jobs.ts'
import type { SummaryRow } from '../../db/repositories/summaries.ts'
import { findVideo } from '../../db/repositories/videos.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { CreateId } from '../../kernel/ids.ts'
import { openDoneJob, openJob } from '../jobs/open-job.ts'
import { whyNoTranscript } from '../transcripts/why-no-transcript.ts'
import { requireVideo } from '../videos/require-video.ts'
import { abandonedBefore, summaryStep } from './summary-step.ts'

export type RequestDeps = {
  sql: Sql
  /** The summary that was asked for in a language, if there is one. */
  findSummary: (o: { videoId: string; language: string }) => Promise<SummaryRow | undefined>
  sendSummary: (message: MessageOf<'summaries'>) => Promise<void>
  createId: CreateId
  now: Clock
  sleep: (ms: number) => Promise<unknown>
}

const POLL_MS = 250

/**
 * The summary when it exists or is written within 20 seconds, else none: then the job tells when it
 * is there. The same request again finds the same job. Throws `video.not_found`,
 * `summary.no_transcript`, `summary.failed`.
 */
export const requestSummary = async (
  deps: RequestDeps,
  { videoId, userId, language }: { videoId: string; userId: string; language: string },
): Promise<{ summary: SummaryRow | null; jobId: string }> => {
  const video = await requireVideo(deps, { userId, videoId })
  const existing = await deps.findSummary({ videoId, language })
  if (existing) {
    const { id: jobId } = await openDoneJob(deps, summaryStep(video, language), { summaryId: existing.id })
    return { summary: existing, jobId }
  }
  if (video.transcriptStatus === 'none' || video.status === 'error') {
    throw problem('summary.no_transcript', {
      videoId,
      detail: whyNoTranscript(video),
      reason: video.transcriptReason ?? undefined,
    })
  }
  const job = await openJob(deps, summaryStep(video, language))
  // A pipeline that is still at work after the job was queued finds it when it publishes.
  const current = video.status === 'processing' ? await findVideo(deps.sql, { userId, videoId }) : video
  if (current?.status === 'processing') return { summary: null, jobId: job.id }
  const waits =
    job.status === 'queued' ||
    (job.status === 'running' && new Date(job.updatedAt) < abandonedBefore(deps.now()))
  if (waits) await deps.sendSummary({ jobId: job.id, videoId, userId, language })
  return {
    summary: (await waitForSummary(deps, { videoId, userId, language, jobId: job.id })) ?? null,
    jobId: job.id,
  }
}

const waitForSummary = async (
  deps: RequestDeps,
  o: { videoId: string; userId: string; language: string; jobId: string },
) => {
  const until = deps.now().getTime() + SUMMARIZE_WAIT_MS
  while (deps.now().getTime() < until) {
    await deps.sleep(POLL_MS)
    const job = await findJob(deps.sql, o)
    if (job?.status === 'completed') return deps.findSummary(o)
    if (job?.status === 'failed')
      throw problem('summary.failed', job.error ? { detail: job.error.message } : {})
  }
}
