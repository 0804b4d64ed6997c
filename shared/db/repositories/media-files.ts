import { first, type Sql } from '../client.ts'

export type MediaFileRow = {
  id: string
  videoId: string
  runId: string
  kind: string
  /** s3://bucket/key */
  url: string
  sizeBytes: number | null
  contentType: string
  language: string | null
  details: Record<string, unknown> | null
  createdAt: string
}

export type NewMediaFile = Pick<MediaFileRow, 'videoId' | 'runId' | 'kind' | 'url' | 'contentType'> & {
  sizeBytes?: number | null
  language?: string | null
  details?: Record<string, unknown> | null
}

/**
 * Notes a file that a run made; the same address again replaces the note. A run that has ended
 * notes nothing: its files are being removed.
 */
export const saveMediaFile = async (sql: Sql, file: NewMediaFile): Promise<void> => {
  await sql`
    INSERT INTO media_files (video_id, run_id, kind, url, size_bytes, content_type, language, details)
    SELECT
      id, run_id, ${file.kind}, ${file.url}, ${file.sizeBytes ?? null}::bigint, ${file.contentType}, ${file.language ?? null},
      ${file.details ? sql.json(file.details as never) : null}::jsonb
    FROM videos WHERE id = ${file.videoId} AND run_id = ${file.runId} AND status = 'processing' FOR SHARE
    ON CONFLICT (url) DO UPDATE SET
      kind = excluded.kind, size_bytes = excluded.size_bytes, content_type = excluded.content_type,
      language = excluded.language, details = excluded.details`
}

/**
 * The files of a video, of one kind when given, oldest first. The caller has checked whose video it
 * is.
 */
export const listMediaFiles = async (
  sql: Sql,
  { videoId, kind, limit = 500 }: { videoId: string; kind?: string; limit?: number },
): Promise<MediaFileRow[]> => [
  ...(await sql<MediaFileRow[]>`
    SELECT * FROM media_files WHERE video_id = ${videoId} ${kind ? sql`AND kind = ${kind}` : sql``} ORDER BY created_at, id LIMIT ${limit}`),
]

/** The newest file of a kind. */
export const findMediaFile = async (
  sql: Sql,
  { videoId, runId, kind }: { videoId: string; runId: string; kind: string },
): Promise<MediaFileRow | undefined> =>
  first(
    await sql<MediaFileRow[]>`
      SELECT * FROM media_files WHERE video_id = ${videoId} AND run_id = ${runId} AND kind = ${kind} ORDER BY created_at DESC, id LIMIT 1`,
  )

/** Forgets the files of a run, of one kind when given. */
export const deleteMediaFiles = async (
  sql: Sql,
  { videoId, runId, kind }: { videoId: string; runId: string; kind?: string },
): Promise<void> => {
  await sql`DELETE FROM media_files WHERE video_id = ${videoId} AND run_id = ${runId} ${kind ? sql`AND kind = ${kind}` : sql``}`
}

/** Forgets the files that other runs of the video left. */
export const deleteOtherMediaFiles = async (
  sql: Sql,
  { videoId, runId }: { videoId: string; runId: string },
): Promise<void> => {
  await sql`DELETE FROM media_files WHERE video_id = ${videoId} AND run_id <> ${runId}`
}
