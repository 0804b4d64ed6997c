import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import { SUMMARY_BUDGET_MS } from '../../shared/contract/limits.ts'
import { queues } from '../../shared/contract/queues.ts'
import { summariseVideo } from '../../shared/domain/summaries/summarise-video.ts'
import { createWorker } from '../../shared/lambda/create-worker.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning } from '../compose/running.ts'
import { connectSummarising, LANGUAGE_MODEL_KEYS } from '../compose/summarising.ts'

const config = readConfig(process.env, [...DATABASE_KEYS, 'EVENTS_QUEUE_URL', ...LANGUAGE_MODEL_KEYS])
const log = createLogger('worker-summarise')
const deps = {
  ...(await connectSummarising(config, await connectRunning(config, log))),
  budgetMs: SUMMARY_BUDGET_MS.worker,
}

export const handler = createWorker({
  message: queues.summaries.message,
  handle: async message => void (await summariseVideo(deps, message)),
  log,
  failureMessage: 'Summary generation failed',
})
