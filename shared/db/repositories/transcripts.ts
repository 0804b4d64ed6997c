import { first, type Sql } from '../client.ts'

export type NewSegment = { startMs: number; endMs: number; text: string; confidence: number | null }
/** `index` counts from 0 and is the segment's id in the API. */
export type SegmentRow = NewSegment & { index: number }

/**
 * Puts a run's segments in place of whatever was there and numbers them from 0; safe to repeat.
 * Undefined, with nothing changed, when the run is not current. Call it in a transaction: a reader
 * then sees the old segments or the new ones.
 */
export const replaceSegments = async (
  sql: Sql,
  { videoId, runId, segments }: { videoId: string; runId: string; segments: readonly NewSegment[] },
): Promise<number | undefined> => {
  const owner = first(
    await sql`SELECT 1 FROM videos WHERE id = ${videoId} AND run_id = ${runId} AND status = 'processing' FOR UPDATE`,
  )
  if (!owner) return undefined
  await sql`DELETE FROM transcript_segments WHERE video_id = ${videoId}`
  const rows = segments.map(({ startMs, endMs, text, confidence }, index) => ({
    index,
    start_ms: Math.round(startMs),
    end_ms: Math.round(endMs),
    text,
    confidence,
  }))
  await sql`
    INSERT INTO transcript_segments (video_id, run_id, index, start_ms, end_ms, text, confidence)
    SELECT ${videoId}, ${runId}, s.index, s.start_ms, s.end_ms, s.text, s.confidence
    FROM jsonb_to_recordset(${sql.json(rows)}::jsonb) AS s(index INTEGER, start_ms INTEGER, end_ms INTEGER, text TEXT, confidence REAL)`
  return rows.length
}

/** The segments of a user's video in order; the limit is beyond what five hours of speech hold. */
export const listSegments = async (
  sql: Sql,
  { userId, videoId, limit = 50_000 }: { userId: string; videoId: string; limit?: number },
): Promise<SegmentRow[]> => [
  ...(await sql<SegmentRow[]>`
    SELECT index, start_ms, end_ms, text, confidence FROM transcript_segments
    WHERE video_id = ${videoId} AND EXISTS (SELECT 1 FROM videos WHERE id = ${videoId} AND user_id = ${userId})
    ORDER BY index LIMIT ${limit}`),
]
