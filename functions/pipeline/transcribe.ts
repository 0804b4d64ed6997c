import { TranscribeClient } from '@aws-sdk/client-transcribe'
import { createS3Client } from '../../shared/aws/s3-client.ts'
import { createStorage } from '../../shared/aws/storage.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import { checkTranscript, startTranscript } from '../../shared/domain/transcripts/make-transcript.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { createStep } from '../../shared/lambda/create-step.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import {
  createTranscriber,
  readTranscribeOutput as readResult,
} from '../../shared/providers/transcriber/transcribe.ts'
import { connectRunning } from '../compose/running.ts'

const config = readConfig(process.env, [...DATABASE_KEYS, 'EVENTS_QUEUE_URL', 'AWS_S3_BUCKET'])
const log = createLogger('pipeline-transcribe')
const { sql, transact } = await connectRunning(config, log)
const bucket = config.AWS_S3_BUCKET
const { getText: readText } = createStorage({ client: createS3Client(), bucket })
const transcriber = createTranscriber({ client: new TranscribeClient(), bucket })
const onUnavailable = (fields: { videoId: string; error: string }) =>
  log.warn('AI service failed', { ...fields, service: 'transcribe' })
const deps = { sql, transact, createId, transcriber, readText, readResult, onUnavailable }

export const handler = createStep({
  run: task => (task.action === 'start' ? startTranscript(deps, task) : checkTranscript(deps, task)),
  log,
})
