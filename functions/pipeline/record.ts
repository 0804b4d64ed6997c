import { createS3Client } from '../../shared/aws/s3-client.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import type { Film } from '../../shared/contract/pipeline.ts'
import { recordReport } from '../../shared/domain/runs/record-report.ts'
import { createStep } from '../../shared/lambda/create-step.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning } from '../compose/running.ts'

const config = readConfig(process.env, [...DATABASE_KEYS, 'EVENTS_QUEUE_URL', 'AWS_S3_BUCKET'])
const log = createLogger('pipeline-record')
const { transact } = await connectRunning(config, log)
const storage = createStorage({ client: createS3Client(), bucket: config.AWS_S3_BUCKET })
const deps = { transact, storage }

export const handler = createStep({
  run: ({ mode, state, ...task }) =>
    recordReport(deps, { ...task, mode: mode!, film: (state as { film: Film }).film }),
  log,
})
