import { first, type Sql } from '../client.ts'

export type UploadRow = {
  videoId: string
  kind: 'post' | 'multipart' | 'form'
  bucket: string
  key: string
  contentType: string
  sizeBytes: number
  uploadId: string | null
  partSizeBytes: number | null
  partCount: number | null
  status: 'pending' | 'completed' | 'aborted' | 'expired'
  expiresAt: string
  createdAt: string
}

const COLUMNS = [
  'videoId',
  'kind',
  'bucket',
  'key',
  'contentType',
  'sizeBytes',
  'uploadId',
  'partSizeBytes',
  'partCount',
  'status',
  'expiresAt',
  'createdAt',
] as const

export type NewUpload = Omit<
  UploadRow,
  'status' | 'expiresAt' | 'createdAt' | 'uploadId' | 'partSizeBytes' | 'partCount'
> & {
  expiresAt: Date
  /** The three of a multipart upload. */
  uploadId?: string
  partSizeBytes?: number
  partCount?: number
}

/** Announces an upload; it is pending. */
export const createUpload = async (sql: Sql, upload: NewUpload): Promise<UploadRow> => {
  const [row] = await sql<UploadRow[]>`
    INSERT INTO uploads (video_id, kind, bucket, key, content_type, size_bytes, upload_id, part_size_bytes, part_count, expires_at)
    VALUES (
      ${upload.videoId}, ${upload.kind}, ${upload.bucket}, ${upload.key}, ${upload.contentType}, ${upload.sizeBytes},
      ${upload.uploadId ?? null}, ${upload.partSizeBytes ?? null}, ${upload.partCount ?? null}, ${upload.expiresAt}
    )
    RETURNING ${sql(COLUMNS)}`
  return row!
}

/** Returns the upload of a user's video, in any status. */
export const findUpload = async (
  sql: Sql,
  { userId, videoId }: { userId: string; videoId: string },
): Promise<UploadRow | undefined> =>
  first(
    await sql<UploadRow[]>`
      SELECT ${sql(COLUMNS)} FROM uploads
      WHERE video_id = ${videoId} AND EXISTS (SELECT 1 FROM videos WHERE id = ${videoId} AND user_id = ${userId})`,
  )

/**
 * Ends a pending upload. Undefined when it had ended before: then nothing is to be
 * done a second time.
 */
export const endUpload = async (
  sql: Sql,
  { videoId, status }: { videoId: string; status: 'completed' | 'aborted' | 'expired' },
): Promise<UploadRow | undefined> =>
  first(
    await sql<
      UploadRow[]
    >`UPDATE uploads SET status = ${status} WHERE video_id = ${videoId} AND status = 'pending' RETURNING ${sql(COLUMNS)}`,
  )

/** Uploads that should have arrived before `now`, with their owner: oldest first. */
export const listExpiredUploads = async (
  sql: Sql,
  { now, limit }: { now: Date; limit: number },
): Promise<(UploadRow & { userId: string })[]> => [
  ...(await sql<(UploadRow & { userId: string })[]>`
    SELECT uploads.*, videos.user_id FROM uploads JOIN videos ON videos.id = uploads.video_id
    WHERE uploads.status = 'pending' AND uploads.expires_at < ${now}
    ORDER BY uploads.expires_at, uploads.video_id LIMIT ${limit}`),
]
