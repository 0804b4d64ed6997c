import type { Segment } from '../transcripts/segment-words.ts'
import type { VerifiedSummary } from './verify-summary.ts'

const THIRDS = 3
const FEWEST_KEY_POINTS = 4
/** Of fewer there is nothing to choose from. */
const ENOUGH_SEGMENTS = 6

/**
 * How much a summary leaves to be desired; 0 is nothing. Each third of the video in which somebody
 * speaks and that no key point stands on counts more than all the key points that are missing.
 */
export const shortcomingsOf = (
  { keyPoints, sources }: VerifiedSummary,
  segments: readonly Segment[],
): number => {
  if (segments.length < ENOUGH_SEGMENTS) return 0
  const { startMs: beginning } = segments[0]!
  const lengthMs = Math.max(1, segments.at(-1)!.endMs - beginning)
  const thirdOf = ({ startMs }: Segment) =>
    Math.min(THIRDS - 1, Math.floor(((startMs - beginning) / lengthMs) * THIRDS))
  const cited = new Set(sources.keyPoints.flat())
  const spoken = new Set(segments.map(thirdOf))
  const touched = new Set(segments.filter(({ index }) => cited.has(index)).map(thirdOf))
  return spoken.size - touched.size + Math.max(0, FEWEST_KEY_POINTS - keyPoints.length) / FEWEST_KEY_POINTS
}
