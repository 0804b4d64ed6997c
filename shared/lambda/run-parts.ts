import type { Logger } from '../observability/logger.ts'

/**
 * Runs the parts side by side, each though another fails, and logs what each has done, or why it
 * failed. Throws at the end when one has, so that the alarm rings.
 */
export const runParts = async (
  parts: Record<string, () => Promise<unknown>>,
  log: Pick<Logger, 'info' | 'error'>,
): Promise<void> => {
  const failed: string[] = []
  const run = async ([part, work]: [string, () => Promise<unknown>]) => {
    try {
      return [part, await work()]
    } catch (error) {
      log.error('A part of the reconciliation failed', { part, error })
      failed.push(part)
      return [part, 'failed']
    }
  }
  log.info('Reconciled', Object.fromEntries(await Promise.all(Object.entries(parts).map(run))))
  if (failed.length > 0) throw new Error(`reconciliation failed in part: ${failed.join(', ')}`)
}
