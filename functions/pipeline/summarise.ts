import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import type { PipelineTask } from '../../shared/contract/pipeline.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import { reportProgress } from '../../shared/domain/pipeline/report-progress.ts'
import { summariseVideo } from '../../shared/domain/summaries/summarise-video.ts'
import { createStep } from '../../shared/jobs/create-step.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning } from '../running.ts'
import { connectSummarising, LANGUAGE_MODEL_KEYS } from '../summarising.ts'

/** The guide's default language of summaries. */
const LANGUAGE = 'vi'

const config = readConfig(process.env, [...DATABASE_KEYS, 'EVENTS_QUEUE_URL', ...LANGUAGE_MODEL_KEYS])
const log = createLogger('pipeline-summarise')
const running = await connectRunning(config, log)
const deps = { ...running, runs, ...(await connectSummarising(config, running)) }

const run = async ({ runId, input: { videoId, userId } }: PipelineTask) => {
  await reportProgress(deps, { videoId, runId, stage: 'summarising', share: 0 })
  const summary = await summariseVideo(deps, { videoId, userId, language: LANGUAGE })
  await reportProgress(deps, { videoId, runId, stage: 'summarising', share: 1 })
  return { summaryId: summary?.id ?? null }
}

export const handler = createStep({ run, log, failureMessage: 'Summary generation failed' })
