import { SQSClient } from '@aws-sdk/client-sqs'
import { createQueue } from '../shared/aws/queue.ts'
import { createS3Client } from '../shared/aws/s3-client.ts'
import { createStorage } from '../shared/aws/storage.ts'
import { readConfig } from '../shared/config/config.ts'
import type { MessageOf } from '../shared/contract/queues.ts'
import { createLogger } from '../shared/observability/logger.ts'
import { runTask } from './run-task.ts'

const TASK_KEYS = [
  'VIDEO_ID',
  'RUN_ID',
  'SOURCE_KEY',
  'SOURCE_ETAG',
  'SPOKEN_LANGUAGE',
  'MEDIA_TASK_MODE',
] as const
const config = readConfig(process.env, [
  'NODE_ENV',
  'AWS_S3_BUCKET',
  'MEDIA_PROGRESS_QUEUE_URL',
  'FFMPEG_UID',
  ...TASK_KEYS,
])
const { VIDEO_ID: videoId, RUN_ID: runId, MEDIA_TASK_MODE: mode } = config
const log = createLogger('media-task')
const controller = new AbortController()
process.once('SIGTERM', () => controller.abort(new Error('the task was stopped')))

const isRoot = process.getuid?.() === 0
// A container that cannot give ffmpeg a user of its own would run it with the task's credentials in
// reach.
if (!isRoot && config.NODE_ENV === 'production') throw new Error('The media task has to be started by root')

const storage = createStorage({ client: createS3Client(), bucket: config.AWS_S3_BUCKET })
const progress = createQueue<MessageOf<'media-progress'>>({
  client: new SQSClient(),
  url: config.MEDIA_PROGRESS_QUEUE_URL,
})

const exitCode = await runTask({
  ...{ storage, videoId, runId, mode, log },
  sourceKey: config.SOURCE_KEY,
  sourceEtag: config.SOURCE_ETAG,
  language: config.SPOKEN_LANGUAGE || undefined,
  sendProgress: share => progress.send({ videoId, runId, mode, share }),
  ffmpegUid: isRoot ? config.FFMPEG_UID : undefined,
  signal: controller.signal,
})
// A connection that the queue keeps open would keep the video waiting.
process.exit(exitCode)
