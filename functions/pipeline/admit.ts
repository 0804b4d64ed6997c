import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import { admitRun } from '../../shared/domain/runs/admit-run.ts'
import { systemClock } from '../../shared/kernel/clock.ts'
import { createStep } from '../../shared/lambda/create-step.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning } from '../compose/running.ts'

const config = readConfig(process.env, [
  ...DATABASE_KEYS,
  'EVENTS_QUEUE_URL',
  'MAX_CONCURRENT_JOBS',
  'VIDEO_PROCESSING_TIMEOUT',
])
const log = createLogger('pipeline-admit')
const { sql, transact } = await connectRunning(config, log)
const limits = { maxConcurrentRuns: config.MAX_CONCURRENT_JOBS, leaseMs: config.VIDEO_PROCESSING_TIMEOUT }
const onStarted = (run: { videoId: string; userId: string }) =>
  log.info('Video processing started', { ...run, processingType: 'upload' })
const deps = { sql, transact, now: systemClock, onStarted, ...limits }

export const handler = createStep({ run: task => admitRun(deps, task), log })
