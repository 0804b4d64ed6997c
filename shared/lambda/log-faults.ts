import type { Logger } from '../observability/logger.ts'
import { redact } from '../observability/redact.ts'

/**
 * A handler whose faults are logged once, with their causes, and leave it as their sentence alone.
 */
export const logFaults =
  <Event, Result>(
    handle: (event: Event) => Promise<Result>,
    { log, failureMessage = 'Function failed' }: { log: Pick<Logger, 'error'>; failureMessage?: string },
  ) =>
  async (event: Event): Promise<Result> => {
    try {
      return await handle(event)
    } catch (error) {
      log.error(failureMessage, { error })
      throw sentenceOf(error)
    }
  }

/**
 * Returns the part of a fault that may leave a function: the runtime logs a thrown value as it is.
 */
export const sentenceOf = (error: unknown): Error => {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  return Object.assign(new Error(redact('message', message) as string), { name })
}
