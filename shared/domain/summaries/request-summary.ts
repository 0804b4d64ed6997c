import type { MessageOf } from '../../contract/jobs.ts'
import { SUMMARIZE_WAIT_MS } from '../../contract/limits.ts'
import { failureOf, problem } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import type * as Jobs from '../../db/repositories/jobs.ts'
import type { JobRow } from '../../db/repositories/jobs.ts'
import type { SummaryRow } from '../../db/repositories/summaries.ts'
import type * as Videos from '../../db/repositories/videos.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { CreateId } from '../../kernel/ids.ts'

export type RequestDeps = {
  sql: Sql
  videos: typeof Videos
  jobs: typeof Jobs
  /** The summary that was asked for in a language, if there is one. */
  findSummary: (o: { videoId: string; language: string }) => Promise<SummaryRow | undefined>
  sendSummary: (message: MessageOf<'summaries'>) => Promise<void>
  createId: CreateId
  clock: Clock
  sleep: (ms: number) => Promise<unknown>
}

const POLL_MS = 250

/** The summary when it exists or is written within 20 seconds, else none: then the job tells when it is there. The same request again finds the same job. Throws `video.not_found`, `summary.no_transcript`, `summary.failed`. */
export const requestSummary = async (
  deps: RequestDeps,
  { videoId, userId, language }: { videoId: string; userId: string; language: string },
): Promise<{ summary: SummaryRow | null; jobId: string }> => {
  const video = await deps.videos.findVideo(deps.sql, { userId, videoId })
  if (!video) throw problem('video.not_found', { videoId, detail: 'You have no such video.' })
  const job = await queueJob(deps, {
    id: deps.createId(),
    userId,
    videoId,
    attempt: video.attempt,
    type: 'generate-summary',
    subject: language,
  })

  const existing = await deps.findSummary({ videoId, language })
  if (existing) return { summary: existing, jobId: job.id }
  if (video.transcriptStatus === 'none' || video.status === 'error') {
    const detail =
      video.status === 'error'
        ? 'The video could not be processed. Retry it first.'
        : 'Nothing is said in this video, so there is nothing to summarise.'
    const refused = problem('summary.no_transcript', { videoId, detail, reason: video.transcriptReason ?? undefined })
    await deps.jobs.failJob(deps.sql, { jobId: job.id, error: failureOf(refused) })
    throw refused
  }
  // A pipeline that is still at work writes what is queued when it publishes.
  if (video.status === 'processing') return { summary: null, jobId: job.id }
  if (job.status === 'queued') await deps.sendSummary({ jobId: job.id, videoId, userId, language })
  return { summary: (await waitForSummary(deps, { videoId, userId, language, jobId: job.id })) ?? null, jobId: job.id }
}

const queueJob = async ({ sql, jobs }: RequestDeps, step: Parameters<typeof Jobs.createJob>[1]): Promise<JobRow> => {
  const job = await jobs.createJob(sql, step)
  return (job.status === 'failed' && (await jobs.reopenJob(sql, { jobId: job.id }))) || job
}

const waitForSummary = async (deps: RequestDeps, o: { videoId: string; userId: string; language: string; jobId: string }) => {
  const until = deps.clock().getTime() + SUMMARIZE_WAIT_MS
  while (deps.clock().getTime() < until) {
    await deps.sleep(POLL_MS)
    const job = await deps.jobs.findJob(deps.sql, o)
    if (job?.status === 'completed') return deps.findSummary(o)
    if (job?.status === 'failed') throw problem('summary.failed', { detail: job.error?.message ?? 'The summary could not be written.' })
  }
}
