import type * as z from 'zod'
import type { AISummary } from '../../contract/summaries.ts'
import type { SummaryRow } from '../../db/repositories/summaries.ts'

/** Returns a summary as clients see it. */
export const presentSummary = (row: SummaryRow): z.input<typeof AISummary> => ({
  id: row.id,
  videoId: row.videoId,
  overview: row.overview,
  keyPoints: row.keyPoints,
  timestamps: row.timestamps,
  language: row.language,
  modelUsed: row.modelUsed,
  createdAt: row.createdAt,
})
