import { SQSClient } from '@aws-sdk/client-sqs'
import { createQueue } from '../../shared/aws/queue.ts'
import { createS3Client } from '../../shared/aws/s3-client.ts'
import { createSecretReader } from '../../shared/aws/secrets.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import type { MessageOf } from '../../shared/contract/jobs.ts'
import { connectDatabase } from '../../shared/db/connect.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import { findVideo } from '../../shared/db/repositories/videos.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { reportProgress } from '../../shared/domain/pipeline/report-progress.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { createRecord } from './record.ts'
import { EXIT, runTask } from './run-task.ts'

const config = readConfig(process.env, [
  ...DATABASE_KEYS,
  'EVENTS_QUEUE_URL',
  'AWS_S3_BUCKET',
  'VIDEO_ID',
  'USER_ID',
  'RUN_ID',
  'SOURCE_KEY',
  'MEDIA_TASK_MODE',
])
const { VIDEO_ID: videoId, USER_ID: userId, RUN_ID: runId, MEDIA_TASK_MODE: mode, SOURCE_KEY: sourceKey } = config
const log = createLogger('media-task')
const controller = new AbortController()
process.once('SIGTERM', () => controller.abort(new Error('the task was stopped')))

const s3 = createS3Client()
// In a container the role's keys come from its metadata address, not from the environment: the SDK knows the way.
const { accessKeyId, secretAccessKey, sessionToken } = await s3.config.credentials()
const readSecret = createSecretReader({
  ...config,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: sessionToken,
})
const database = await connectDatabase(config, readSecret)
const events = createQueue<MessageOf<'events'>>({ client: new SQSClient(), url: config.EVENTS_QUEUE_URL })
const transact = createTransact({
  sql: database,
  wake: (user, seq) => events.send({ userId: user }, { groupId: user, deduplicationId: `${user}-${seq}` }),
  onWakeFailed: error => log.warn('The relay was not woken', { error }),
})
const storage = createStorage({ client: s3, bucket: config.AWS_S3_BUCKET })
const stage = mode === 'normalise' ? 'normalising' : 'extracting'

const video = await findVideo(database, { userId, videoId })
process.exitCode = video
  ? await runTask({
      storage,
      record: createRecord({ database, transact, storage, video, runId }),
      mode,
      sourceKey,
      report: share => reportProgress({ transact, runs, jobs }, { videoId, runId, stage, share }),
      log,
      controller,
    })
  : EXIT.refused
await database.end({ timeout: 5 })
