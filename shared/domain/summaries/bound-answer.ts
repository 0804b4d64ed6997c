import { SUMMARY_LIMITS, type SummaryAnswer } from '../../contract/summaries.ts'
import { cleanText, shortenText } from '../../kernel/clean-text.ts'

const text = (value: string, length: number) => shortenText(cleanText(value).trim(), length)
const ids = (values: readonly number[]) => values.slice(0, SUMMARY_LIMITS.segmentIds)

/**
 * A model's answer within the lengths and counts of SUMMARY_LIMITS: nothing that is done with it
 * takes longer than a good answer does.
 */
export const boundAnswer = (answer: SummaryAnswer): SummaryAnswer => ({
  language: answer.language.slice(0, SUMMARY_LIMITS.language),
  overview: text(answer.overview, SUMMARY_LIMITS.overview),
  overviewSegmentIds: ids(answer.overviewSegmentIds),
  keyPoints: answer.keyPoints.slice(0, SUMMARY_LIMITS.keyPoints).map(point => ({
    text: text(point.text, SUMMARY_LIMITS.statement),
    segmentIds: ids(point.segmentIds),
  })),
  timestamps: answer.timestamps.slice(0, SUMMARY_LIMITS.timestamps).map(({ segmentId, content }) => ({
    segmentId,
    content: text(content, SUMMARY_LIMITS.statement),
  })),
})
