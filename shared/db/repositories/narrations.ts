import type { Sql } from '../client.ts'

export type NarrationRow = {
  id: string
  videoId: string
  language: string
  voiceType: string
  speed: number
  /** s3://bucket/key */
  audioUrl: string | null
  transcript: { startTime: number; endTime: number; text: string }[] | null
  status: string
  createdAt: string
}

type Cue = { start_time: number; end_time: number; text: string }

const COLUMNS = [
  'id',
  'videoId',
  'language',
  'voiceType',
  'speed',
  'audioUrl',
  'transcript',
  'status',
  'createdAt',
] as const

/**
 * The narrations of a user's video, oldest first. The row's transcript has start_time and end_time,
 * the contract's startTime and endTime.
 */
export const listNarrations = async (
  sql: Sql,
  { userId, videoId, limit = 100 }: { userId: string; videoId: string; limit?: number },
): Promise<NarrationRow[]> => {
  const rows = await sql<(Omit<NarrationRow, 'transcript'> & { transcript: Cue[] | null })[]>`
    SELECT ${sql(COLUMNS)} FROM ai_narrations
    WHERE video_id = ${videoId} AND EXISTS (SELECT 1 FROM videos WHERE id = ${videoId} AND user_id = ${userId})
    ORDER BY created_at, id LIMIT ${limit}`
  return rows.map(row => ({
    ...row,
    transcript:
      row.transcript?.map(cue => ({ startTime: cue.start_time, endTime: cue.end_time, text: cue.text })) ??
      null,
  }))
}
