import type { Failure } from '../../contract/failure.ts'
import type { FilmWarning } from '../../contract/media-report.ts'
import type { Stage } from '../../contract/pipeline.ts'
import { first, type Sql } from '../client.ts'
import { VIDEO_COLUMNS } from './video-columns.ts'

/** A video. Columns that hold files hold s3:// addresses. */
export type VideoRow = {
  id: string
  userId: string
  title: string
  description: string | null
  youtubeUrl: string | null
  fileUrl: string | null
  thumbnailUrl: string | null
  /** Seconds. */
  duration: number | null
  /** Bytes. */
  fileSize: number | null
  status: 'processing' | 'processed' | 'error'
  stage: Stage
  /** Percent. */
  processingProgress: number
  playbackUrl: string | null
  metadata: VideoMetadataRow | null
  createdAt: string
  updatedAt: string
  language: string | null
  attempt: number
  runId: string | null
  sourceKey: string | null
  sourceEtag: string | null
  sourceContentType: string | null
  transcodeJobId: string | null
  transcriptStatus: 'pending' | 'ready' | 'none'
  transcriptReason:
    | 'no_audio'
    | 'no_speech'
    | 'too_long'
    | 'language_not_supported'
    | 'recogniser_unavailable'
    | null
  transcriptLanguage: string | null
  transcriptSource: 'recognised' | 'embedded' | 'supplied' | null
}

/** The facts of a film and of its processing. */
export type VideoMetadataRow = {
  container?: string
  width?: number
  height?: number
  rotation?: number
  frameRate?: number
  videoCodec?: string
  audioCodec?: string
  bitrate?: number
  hasAudio?: boolean
  hdr?: boolean
  wideColour?: boolean
  interlaced?: boolean
  resolution?: string
  durationMs?: number
  warnings?: { code: FilmWarning; message: string }[]
  storyboardUrl?: string
  error?: Failure
}

export type NewVideo = {
  id: string
  userId: string
  title: string
  description?: string | null
  youtubeUrl?: string | null
  /** s3://bucket/key of where the upload will land. */
  fileUrl?: string | null
  fileSize?: number | null
  sourceKey?: string | null
  sourceContentType?: string | null
  language?: string | null
}

/** A video that waits for its file. */
export const createVideo = async (sql: Sql, video: NewVideo): Promise<VideoRow> => {
  const [row] = await sql<VideoRow[]>`
    INSERT INTO videos (id, user_id, title, description, youtube_url, file_url, file_size, source_key, source_content_type, language)
    VALUES (
      ${video.id}, ${video.userId}, ${video.title}, ${video.description ?? null}, ${video.youtubeUrl ?? null}, ${video.fileUrl ?? null},
      ${video.fileSize ?? null}, ${video.sourceKey ?? null}, ${video.sourceContentType ?? null}, ${video.language ?? null}
    )
    RETURNING ${sql(VIDEO_COLUMNS)}`
  return row!
}

/** A user's video; undefined also for somebody else's. */
export const findVideo = async (
  sql: Sql,
  { userId, videoId }: { userId: string; videoId: string },
): Promise<VideoRow | undefined> =>
  first(
    await sql<
      VideoRow[]
    >`SELECT ${sql(VIDEO_COLUMNS)} FROM videos WHERE id = ${videoId} AND user_id = ${userId}`,
  )

/** Returns whether there is such a video, of any owner. */
export const videoExists = async (sql: Sql, { videoId }: { videoId: string }): Promise<boolean> =>
  (await sql`SELECT 1 FROM videos WHERE id = ${videoId}`).length > 0

export type VideoListQuery = {
  userId: string
  page: number
  limit: number
  search?: string | undefined
  status?: VideoRow['status'] | undefined
  sortBy: 'created_at' | 'title' | 'duration'
  sortOrder: 'asc' | 'desc'
}

/**
 * One page of a user's videos and how many there are in all. Search ignores case and accents; ties
 * are settled by id, so pages never overlap.
 */
export const listVideos = async (
  sql: Sql,
  query: VideoListQuery,
): Promise<{ videos: VideoRow[]; total: number }> => {
  const searched = query.search
    ? sql`AND search LIKE '%' || replace(replace(replace(fold_text(${query.search}), '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'`
    : sql``
  const where = sql`user_id = ${query.userId} ${query.status ? sql`AND status = ${query.status}` : sql``} ${searched}`
  const column = { created_at: sql`created_at`, title: sql`fold_text(title)`, duration: sql`duration` }[
    query.sortBy
  ]
  const order = query.sortOrder === 'asc' ? sql`ASC NULLS LAST` : sql`DESC NULLS LAST`
  const videos = await sql<VideoRow[]>`
    SELECT ${sql(VIDEO_COLUMNS)} FROM videos WHERE ${where}
    ORDER BY ${column} ${order}, id ${query.sortOrder === 'asc' ? sql`ASC` : sql`DESC`}
    LIMIT ${query.limit} OFFSET ${(query.page - 1) * query.limit}`
  const [count] = await sql<{ total: number }[]>`SELECT count(*) AS total FROM videos WHERE ${where}`
  return { videos: [...videos], total: count?.total ?? 0 }
}

/** Changes what is given; the changed video, or undefined when the user has no such video. */
export const updateVideo = async (
  sql: Sql,
  o: { userId: string; videoId: string; title?: string | undefined; description?: string | null | undefined },
): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET
        title = coalesce(${o.title ?? null}, title),
        description = ${o.description === undefined ? sql`description` : o.description}
      WHERE id = ${o.videoId} AND user_id = ${o.userId}
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

/**
 * Removes a video with all its rows and returns what it was, so that its files and its run can
 * follow.
 */
export const deleteVideo = async (
  sql: Sql,
  { userId, videoId }: { userId: string; videoId: string },
): Promise<VideoRow | undefined> =>
  first(
    await sql<
      VideoRow[]
    >`DELETE FROM videos WHERE id = ${videoId} AND user_id = ${userId} RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

/** How many videos are being processed, of all users. */
export const countProcessingVideos = async (sql: Sql): Promise<number> => {
  const [row] = await sql<
    { count: number }[]
  >`SELECT count(*) FROM videos WHERE status = 'processing' AND stage <> 'uploading'`
  return row?.count ?? 0
}
