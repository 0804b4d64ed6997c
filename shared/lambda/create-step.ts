import { MEDIA_PROBLEM, type PipelineTask } from '../contract/pipeline.ts'
import { failureOf } from '../contract/problems.ts'
import { isProblem } from '../kernel/problem.ts'
import type { Logger } from '../observability/logger.ts'
import { sentenceOf } from './log-faults.ts'

/**
 * Returns the handler of a Lambda state. A problem that a retry cannot solve leaves as
 * `MediaProblem` with its reason as JSON: the state machine does not retry it, and `fail` shows it
 * to the user.
 */
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
      // A failure that its owner may retry ends this run all the same.
      const isOver = isProblem(error) && (!error.type.retryable || error.code === 'media.cancelled')
      if (!isOver) {
        log.error(failureMessage, { runId, videoId: input.videoId, error: error as Error })
        throw sentenceOf(error)
      }
      log.warn('Step refused', {
        runId,
        videoId: input.videoId,
        code: error.code,
        reason: error.message,
        cause: error.details.reason,
      })
      throw Object.assign(new Error(JSON.stringify(failureOf(error)), { cause: error }), {
        name: MEDIA_PROBLEM,
      })
    }
  }
