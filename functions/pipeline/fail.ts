import { MediaConvertClient } from '@aws-sdk/client-mediaconvert'
import { createQueue } from '../../shared/aws/queue.ts'
import { createTranscoding } from '../../shared/aws/transcoding.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import { MEDIA_PROBLEM, type PipelineTask } from '../../shared/contract/pipeline.ts'
import type { MessageOf } from '../../shared/contract/queues.ts'
import { failRun } from '../../shared/domain/runs/fail-run.ts'
import { readEnding, readFailure } from '../../shared/domain/runs/read-failure.ts'
import { logFaults } from '../../shared/lambda/log-faults.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectRunning } from '../compose/running.ts'

const config = readConfig(process.env, [...DATABASE_KEYS, 'EVENTS_QUEUE_URL', 'CLEANUP_QUEUE_URL'])
const log = createLogger('pipeline-fail')
const { transact, sqs } = await connectRunning(config, log)
const cleanup = createQueue<MessageOf<'cleanup'>>({ client: sqs, url: config.CLEANUP_QUEUE_URL })
const transcoding = createTranscoding({ client: new MediaConvertClient() })
const deps = { transact, transcoding, cleanup }

/** The event of EventBridge about an execution that ended without running its own Catch. */
type EndedExecution = { detail: { name: string; status: string; input: string } }

/**
 * Called by the Catch of the state machine, and by EventBridge for executions that timed out or
 * were aborted.
 */
const recordFailure = async (event: (PipelineTask & { error: unknown }) | EndedExecution): Promise<void> => {
  const ended = 'detail' in event ? event.detail : undefined
  const run = ended ? { runId: ended.name, input: JSON.parse(ended.input) } : (event as PipelineTask)
  const failure = ended ? readEnding(ended.status) : readFailure((event as { error: unknown }).error)
  const ids = { runId: run.runId, videoId: run.input.videoId, failure }
  // The step that refused the file has said so.
  if (isRefusal(event)) log.info('Run refused', ids)
  else log.warn('Run failed', { ...ids, cause: ended ?? (event as { error: unknown }).error })
  await failRun(deps, { ...run, failure })
}

const isRefusal = (event: object): boolean =>
  'error' in event && (event.error as { Error?: string } | null)?.Error === MEDIA_PROBLEM

export const handler = logFaults(recordFailure, {
  log,
  failureMessage: 'The failure of a run was not recorded',
})
