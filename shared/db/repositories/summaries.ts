import { first, type Sql } from '../client.ts'

export type SummaryRow = {
  id: string
  videoId: string
  overview: string
  keyPoints: string[]
  timestamps: { time: string; content: string; segmentId?: number }[]
  language: string
  modelUsed: string | null
  createdAt: string
}

const COLUMNS = [
  'id',
  'videoId',
  'overview',
  'keyPoints',
  'timestamps',
  'language',
  'modelUsed',
  'createdAt',
] as const

/**
 * The summary that was asked for in this language (`language` of the row is what it really is in).
 */
export const findSummary = async (
  sql: Sql,
  { videoId, requestedLanguage }: { videoId: string; requestedLanguage: string },
): Promise<SummaryRow | undefined> =>
  first(
    await sql<SummaryRow[]>`
      SELECT ${sql(COLUMNS)} FROM ai_summaries WHERE video_id = ${videoId} AND requested_language = ${requestedLanguage}`,
  )

/** The summary to show with a user's video: the newest. */
export const findNewestSummary = async (
  sql: Sql,
  { userId, videoId }: { userId: string; videoId: string },
): Promise<SummaryRow | undefined> =>
  first(
    await sql<SummaryRow[]>`
      SELECT ${sql(COLUMNS)} FROM ai_summaries
      WHERE video_id = ${videoId} AND EXISTS (SELECT 1 FROM videos WHERE id = ${videoId} AND user_id = ${userId})
      ORDER BY created_at DESC, id LIMIT 1`,
  )

export type NewSummary = Omit<SummaryRow, 'id' | 'createdAt'> & {
  requestedLanguage: string
  /** Which transcript segments each sentence stands on. */
  sources?: Record<string, unknown>
}

/**
 * One row for each video and requested language: the first text that is saved stands, and who comes
 * later is given it. Undefined when the video is gone.
 */
export const saveSummary = async (sql: Sql, summary: NewSummary): Promise<SummaryRow | undefined> => {
  const saved = first(
    await sql<SummaryRow[]>`
      INSERT INTO ai_summaries (video_id, overview, key_points, timestamps, language, model_used, requested_language, sources)
      SELECT
        id, ${summary.overview}, ${sql.json(summary.keyPoints)}::jsonb, ${sql.json(summary.timestamps as never)}::jsonb, ${summary.language},
        ${summary.modelUsed}, ${summary.requestedLanguage}, ${summary.sources ? sql.json(summary.sources as never) : null}::jsonb
      FROM videos WHERE id = ${summary.videoId} FOR KEY SHARE
      ON CONFLICT (video_id, requested_language) DO NOTHING
      RETURNING ${sql(COLUMNS)}`,
  )
  return saved ?? findSummary(sql, summary)
}
