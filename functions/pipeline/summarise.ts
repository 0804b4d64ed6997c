import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import { SUMMARY_BUDGET_MS } from '../../shared/contract/limits.ts'
import { type PipelineTask, SUMMARY_LANGUAGE } from '../../shared/contract/pipeline.ts'
import { reportProgress } from '../../shared/domain/runs/report-progress.ts'
import { summariseVideo } from '../../shared/domain/summaries/summarise-video.ts'
import { createStep } from '../../shared/lambda/create-step.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning } from '../compose/running.ts'
import { connectSummarising, LANGUAGE_MODEL_KEYS } from '../compose/summarising.ts'

const config = readConfig(process.env, [...DATABASE_KEYS, 'EVENTS_QUEUE_URL', ...LANGUAGE_MODEL_KEYS])
const log = createLogger('pipeline-summarise')
const running = await connectRunning(config, log)
const deps = {
  ...running,
  ...(await connectSummarising(config, running)),
  budgetMs: SUMMARY_BUDGET_MS.pipeline,
}

const run = async ({ runId, input: { videoId, userId } }: PipelineTask) => {
  await reportProgress(deps, { videoId, runId, stage: 'summarising', share: 0 })
  const summary = await summariseVideo(deps, { videoId, userId, language: SUMMARY_LANGUAGE })
  await reportProgress(deps, { videoId, runId, stage: 'summarising', share: 1 })
  return { summaryId: summary?.id ?? null }
}

export const handler = createStep({ run, log, failureMessage: 'Summary generation failed' })
