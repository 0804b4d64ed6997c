import { connectRunning } from '../functions/compose/running.ts'
import { createS3Client } from '../shared/aws/s3-client.ts'
import { createStorage } from '../shared/aws/storage.ts'
import { DATABASE_KEYS, readConfig } from '../shared/config/config.ts'
import { findVideo } from '../shared/db/repositories/videos.ts'
import { reportProgress } from '../shared/domain/runs/report-progress.ts'
import { createLogger } from '../shared/observability/logger.ts'
import { createRecord } from './record.ts'
import { runTask } from './run-task.ts'

const TASK_KEYS = ['VIDEO_ID', 'USER_ID', 'RUN_ID', 'SOURCE_KEY', 'MEDIA_TASK_MODE'] as const
const config = readConfig(process.env, [...DATABASE_KEYS, 'EVENTS_QUEUE_URL', 'AWS_S3_BUCKET', ...TASK_KEYS])
const { VIDEO_ID: videoId, USER_ID: userId, RUN_ID: runId, MEDIA_TASK_MODE: mode, SOURCE_KEY: sourceKey } = config
const log = createLogger('media-task')
const controller = new AbortController()
process.once('SIGTERM', () => controller.abort(new Error('the task was stopped')))

const client = createS3Client()
// A container's role gives its keys by an address, not by variables as Lambda's does: the SDK knows the way.
const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials()
const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken }
const { sql, transact } = await connectRunning({ ...config, ...keys }, log)
const storage = createStorage({ client, bucket: config.AWS_S3_BUCKET })
const stage = mode === 'normalise' ? 'normalising' : 'extracting'

const video = await findVideo(sql, { userId, videoId })
if (video)
  process.exitCode = await runTask({
    storage,
    record: createRecord({ sql, transact, storage, video, runId }),
    mode,
    sourceKey,
    sourceEtag: video.sourceEtag,
    report: share => reportProgress({ transact }, { videoId, runId, stage, share }),
    log,
    controller,
  })
await sql.end({ timeout: 5 })
