import { problem } from '../../contract/problems.ts'
import type { SummaryAnswer } from '../../contract/summaries.ts'
import { cleanText } from '../../kernel/clean-text.ts'
import { formatTimeCode } from '../../kernel/time-codes.ts'
import { languageTag } from '../media/media-facts.ts'
import type { Segment } from '../transcripts/segment-words.ts'

export type VerifiedSummary = {
  language: string
  overview: string
  keyPoints: string[]
  timestamps: { time: string; content: string; segmentId: number }[]
  /** The segments that each sentence stands on. */
  sources: { overview: number[]; keyPoints: number[][] }
}

export const MAX_KEY_POINTS = 6
const MAX_TIMESTAMPS = 40

const clean = (text: string): string => cleanText(text).trim()

/**
 * Keeps what stands on segments that exist and gives it their times. Throws `summary.failed` when
 * nothing is left.
 */
export const verifySummary = (answer: SummaryAnswer, segments: readonly Segment[]): VerifiedSummary => {
  const byId = new Map(segments.map(segment => [segment.index, segment]))
  const startOf = (id: number) => byId.get(id)!.startMs
  const existing = (ids: number[]) => [...new Set(ids)].filter(id => byId.has(id)).sort((a, b) => a - b)

  const points = answer.keyPoints
    .map(({ text, segmentIds }) => ({ text: clean(text), ids: existing(segmentIds) }))
    .filter(({ text, ids }) => text && ids.length > 0)
    .sort((a, b) => a.ids[0]! - b.ids[0]!)
  const keyPoints = thinEvenly(points, { count: MAX_KEY_POINTS, positionOf: ({ ids }) => startOf(ids[0]!) })
  const overview = clean(answer.overview)
  if (!overview || keyPoints.length === 0)
    throw problem('summary.failed', { reason: 'the transcript supports nothing of the answer' })

  const moments = [...new Map(answer.timestamps.map(({ segmentId, content }) => [segmentId, clean(content)]))]
    .map(([segmentId, content]) => ({ segmentId, content }))
    .filter(({ segmentId, content }) => byId.has(segmentId) && content)
    .sort((a, b) => a.segmentId - b.segmentId)
  const timestamps = thinEvenly(moments, {
    count: MAX_TIMESTAMPS,
    positionOf: ({ segmentId }) => startOf(segmentId),
  }).map(({ segmentId, content }) => ({ time: formatTimeCode(startOf(segmentId)), content, segmentId }))

  return {
    // A model may name it in words, which is no language tag.
    language: languageTag(answer.language) ?? 'und',
    overview,
    keyPoints: keyPoints.map(({ text }) => text),
    timestamps,
    sources: { overview: existing(answer.overviewSegmentIds), keyPoints: keyPoints.map(({ ids }) => ids) },
  }
}

/**
 * Returns at most `count` (2 or more) of ordered items, spread over their whole length. First and
 * last stay.
 */
const thinEvenly = <T>(
  items: readonly T[],
  { count, positionOf }: { count: number; positionOf: (item: T) => number },
): T[] => {
  const kept = [...items]
  const room = (at: number) => positionOf(kept[at + 1]!) - positionOf(kept[at - 1]!)
  while (kept.length > count) {
    let closest = 1
    for (let at = 2; at < kept.length - 1; at++) if (room(at) < room(closest)) closest = at
    kept.splice(closest, 1)
  }
  return kept
}
