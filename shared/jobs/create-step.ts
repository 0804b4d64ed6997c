import { MEDIA_PROBLEM, type PipelineTask } from '../contract/pipeline.ts'
import { failureOf } from '../contract/problems.ts'
import { isProblem } from '../kernel/problem.ts'
import type { Logger } from '../observability/logger.ts'

/** A Lambda state. An expected, final failure leaves as `MediaProblem` with its reason as JSON, so that `fail` can tell the user. */
export const createStep =
  <Result>({
    run,
    log,
    failureMessage = 'Step failed',
  }: {
    run: (task: PipelineTask) => Promise<Result>
    log: Logger
    failureMessage?: string
  }) =>
  async (task: PipelineTask): Promise<Result> => {
    const { runId, input } = task
    try {
      return await run(task)
    } catch (error) {
      if (!isProblem(error) || error.type.retryable) {
        log.error(failureMessage, { runId, videoId: input.videoId, error: error as Error })
        throw error
      }
      log.warn('Step refused', { runId, videoId: input.videoId, code: error.code, reason: error.message, cause: error.details.reason })
      throw Object.assign(new Error(JSON.stringify(failureOf(error)), { cause: error }), { name: MEDIA_PROBLEM })
    }
  }
