import { problem } from '../../contract/problems.ts'
import type { SummaryAnswer } from '../../contract/summaries.ts'
import { formatTimeCode } from '../../kernel/time-codes.ts'
import type { Segment } from '../transcripts/segment-words.ts'

export type VerifiedSummary = {
  language: string
  overview: string
  keyPoints: string[]
  timestamps: { time: string; content: string; segmentId: number }[]
  /** The segments that each sentence stands on. */
  sources: { overview: number[]; keyPoints: number[][] }
}

const MAX_KEY_POINTS = 6
const MAX_TIMESTAMPS = 40
const THIRDS = 3

/** Keeps what stands on segments that exist and gives it their times. Throws `summary.failed` when nothing is left. */
export const verifySummary = (answer: SummaryAnswer, segments: readonly Segment[]): VerifiedSummary => {
  const byId = new Map(segments.map(segment => [segment.index, segment]))
  const existing = (ids: number[]) => [...new Set(ids)].filter(id => byId.has(id)).sort((a, b) => a - b)

  const keyPoints = answer.keyPoints
    .map(({ text, segmentIds }) => ({ text: text.trim(), ids: existing(segmentIds) }))
    .filter(({ text, ids }) => text && ids.length > 0)
    .sort((a, b) => a.ids[0]! - b.ids[0]!)
    .slice(0, MAX_KEY_POINTS)
  const overview = answer.overview.trim()
  if (!overview || keyPoints.length === 0)
    throw problem('summary.failed', { detail: 'The language model wrote nothing that the transcript supports.' })

  const timestamps = [...new Map(answer.timestamps.map(entry => [entry.segmentId, entry])).values()]
    .filter(({ segmentId, content }) => byId.has(segmentId) && content.trim())
    .sort((a, b) => a.segmentId - b.segmentId)
    .slice(0, MAX_TIMESTAMPS)
    .map(({ segmentId, content }) => ({ time: formatTimeCode(byId.get(segmentId)!.startMs), content: content.trim(), segmentId }))

  return {
    language: answer.language,
    overview,
    keyPoints: keyPoints.map(({ text }) => text),
    timestamps,
    sources: { overview: existing(answer.overviewSegmentIds), keyPoints: keyPoints.map(({ ids }) => ids) },
  }
}

/** Whether the key points stand on at least two thirds of the video; short transcripts always pass. */
export const coversTheVideo = ({ sources }: VerifiedSummary, segments: readonly Segment[]): boolean => {
  if (segments.length < 2 * THIRDS) return true
  const firstId = segments[0]!.index
  const third = (id: number) => Math.floor(((id - firstId) / segments.length) * THIRDS)
  return new Set(sources.keyPoints.flat().map(third)).size >= 2
}
