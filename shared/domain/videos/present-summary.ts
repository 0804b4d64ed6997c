import type * as z from 'zod'
import { type AISummary, SUMMARY_LIMITS } from '../../contract/summaries.ts'
import type { SummaryRow } from '../../db/repositories/summaries.ts'
import { shortenText } from '../../kernel/clean-text.ts'

const { overview, statement, keyPoints, timestamps } = SUMMARY_LIMITS

/** Returns a summary as clients see it. A row from before there were limits is cut to them. */
export const presentSummary = (row: SummaryRow): z.input<typeof AISummary> => ({
  id: row.id,
  videoId: row.videoId,
  overview: shortenText(row.overview, overview),
  keyPoints: row.keyPoints.slice(0, keyPoints).map(point => shortenText(point, statement)),
  timestamps: row.timestamps.slice(0, timestamps).map(moment => ({
    ...moment,
    content: shortenText(moment.content, statement),
  })),
  language: row.language,
  modelUsed: row.modelUsed,
  createdAt: row.createdAt,
})
