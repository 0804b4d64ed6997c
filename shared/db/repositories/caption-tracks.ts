import type { Sql } from '../client.ts'
import type { VideoRow } from './videos.ts'

export type CaptionTrackRow = {
  index: number
  runId: string
  language: string | null
  label: string | null
  source: NonNullable<VideoRow['transcriptSource']>
  /** s3:// of a WebVTT file. */
  url: string
}

/**
 * Notes a track that a run found; the same index again replaces it. A run that has ended notes
 * nothing: its files are being removed.
 */
export const saveCaptionTrack = async (
  sql: Sql,
  track: CaptionTrackRow & { videoId: string },
): Promise<void> => {
  await sql`
    INSERT INTO caption_tracks (video_id, index, run_id, language, label, source, url)
    SELECT id, ${track.index}::int, run_id, ${track.language}, ${track.label}, ${track.source}, ${track.url}
    FROM videos WHERE id = ${track.videoId} AND run_id = ${track.runId} AND status = 'processing' FOR SHARE
    ON CONFLICT (video_id, index) DO UPDATE SET
      run_id = excluded.run_id, language = excluded.language, label = excluded.label, source = excluded.source, url = excluded.url`
}

/** The tracks of a user's video in order. */
export const listCaptionTracks = async (
  sql: Sql,
  { userId, videoId, limit = 100 }: { userId: string; videoId: string; limit?: number },
): Promise<CaptionTrackRow[]> => [
  ...(await sql<CaptionTrackRow[]>`
    SELECT index, run_id, language, label, source, url FROM caption_tracks
    WHERE video_id = ${videoId} AND EXISTS (SELECT 1 FROM videos WHERE id = ${videoId} AND user_id = ${userId})
    ORDER BY index LIMIT ${limit}`),
]

/** Forgets the tracks of a run. */
export const deleteCaptionTracks = async (
  sql: Sql,
  { videoId, runId }: { videoId: string; runId: string },
): Promise<void> => {
  await sql`DELETE FROM caption_tracks WHERE video_id = ${videoId} AND run_id = ${runId}`
}

/** Forgets the tracks that other runs of the video left. */
export const deleteOtherCaptionTracks = async (
  sql: Sql,
  { videoId, runId }: { videoId: string; runId: string },
): Promise<void> => {
  await sql`DELETE FROM caption_tracks WHERE video_id = ${videoId} AND run_id <> ${runId}`
}
