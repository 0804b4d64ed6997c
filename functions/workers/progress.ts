import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import { STAGE_OF_MODE } from '../../shared/contract/pipeline.ts'
import { queues } from '../../shared/contract/queues.ts'
import { reportProgress } from '../../shared/domain/runs/report-progress.ts'
import { createWorker } from '../../shared/lambda/create-worker.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning } from '../compose/running.ts'

const config = readConfig(process.env, [...DATABASE_KEYS, 'EVENTS_QUEUE_URL'])
const log = createLogger('worker-progress')
const { transact } = await connectRunning(config, log)

/** Progress only grows: a message that comes late or twice changes nothing. */
export const handler = createWorker({
  message: queues['media-progress'].message,
  handle: async ({ mode, ...progress }) =>
    void (await reportProgress({ transact }, { ...progress, stage: STAGE_OF_MODE[mode] })),
  log,
})
