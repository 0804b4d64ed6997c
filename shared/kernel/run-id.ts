import { createHash } from 'node:crypto'

/**
 * The name of one run of the pipeline: the same file in the same attempt never runs twice. Fits
 * Step Functions' 80 characters.
 */
export const runIdOf = ({
  videoId,
  eTag,
  attempt,
}: {
  videoId: string
  eTag: string
  attempt: number
}): string => `${videoId}-${createHash('sha256').update(eTag).digest('hex').slice(0, 12)}-${attempt}`
