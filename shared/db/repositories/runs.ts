import type { Failure } from '../../contract/failure.ts'
import type { Stage, StageProgress } from '../../contract/pipeline.ts'
import { first, type Sql } from '../client.ts'
import { VIDEO_COLUMNS } from './video-columns.ts'
import type { VideoMetadataRow, VideoRow } from './videos.ts'

type Run = { videoId: string; runId: string }

// A run writes only while it is the current one: a late message overwrites no newer state.
const isCurrent = (sql: Sql, { videoId, runId }: Run) =>
  sql`id = ${videoId} AND run_id = ${runId} AND status = 'processing'`

/** Records the file that has arrived. Returns undefined when the video awaits none. */
export const recordSource = async (
  sql: Sql,
  o: { userId: string; videoId: string; key: string; eTag: string; sizeBytes: number },
): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET source_etag = ${o.eTag}, file_size = ${o.sizeBytes}, stage = 'queued'
      WHERE id = ${o.videoId} AND user_id = ${o.userId} AND source_key = ${o.key} AND status = 'processing' AND stage = 'uploading'
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

/** Records that the uploaded file is gone. Returns false when the video has another file by now. */
export const forgetSource = async (
  sql: Sql,
  { videoId, eTag }: { videoId: string; eTag: string },
): Promise<boolean> =>
  (await sql`UPDATE videos SET source_etag = NULL WHERE id = ${videoId} AND source_etag = ${eTag}`).count > 0

/**
 * Makes a run the current run of its video; a repetition by the same run writes nothing. Returns
 * undefined when another run has the video, or it is finished, deleted or in another attempt.
 */
export const claimRun = async (sql: Sql, o: Run & { attempt: number }): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET run_id = ${o.runId}, stage = 'queued'
      WHERE id = ${o.videoId} AND status = 'processing' AND attempt = ${o.attempt} AND run_id IS NULL
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  ) ??
  first(
    await sql<
      VideoRow[]
    >`SELECT ${sql(VIDEO_COLUMNS)} FROM videos WHERE ${isCurrent(sql, o)} AND attempt = ${o.attempt}`,
  )

/** Returns false after a delete, a retry or a failure of the run's video. */
export const isRunCurrent = async (sql: Sql, run: Run): Promise<boolean> =>
  (await sql`SELECT 1 FROM videos WHERE ${isCurrent(sql, run)}`).length > 0

export type RunProgress = Pick<VideoRow, 'userId' | 'stage' | 'processingProgress'> & {
  stageProgress: StageProgress
}

/** Returns the progress of a run and locks its video. Undefined when it is not current. */
export const lockProgress = async (sql: Sql, run: Run): Promise<RunProgress | undefined> =>
  first(
    await sql<RunProgress[]>`
      SELECT user_id, stage, processing_progress, stage_progress FROM videos WHERE ${isCurrent(sql, run)} FOR UPDATE`,
  )

/** Records the progress (0-99), which never decreases. Undefined when the run is not current. */
export const recordProgress = async (
  sql: Sql,
  o: Run & { stage: Stage; progress: number; stageProgress: StageProgress },
): Promise<VideoRow | undefined> => {
  const progress = Math.min(99, Math.max(0, Math.floor(o.progress)))
  return first(
    await sql<VideoRow[]>`
      UPDATE videos SET
        stage = ${o.stage}, processing_progress = GREATEST(processing_progress, ${progress}::int), stage_progress = ${sql.json(o.stageProgress)}::jsonb
      WHERE ${isCurrent(sql, o)}
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )
}

/** Records products; merges metadata key by key. Undefined when the run is not current. */
export const recordProducts = async (
  sql: Sql,
  o: Run & {
    durationSeconds?: number
    thumbnailUrl?: string
    playbackUrl?: string
    language?: string
    transcodeJobId?: string
    metadata?: VideoMetadataRow
  },
): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET
        duration = coalesce(${o.durationSeconds === undefined ? null : Math.round(o.durationSeconds)}, duration),
        thumbnail_url = coalesce(${o.thumbnailUrl ?? null}, thumbnail_url),
        playback_url = coalesce(${o.playbackUrl ?? null}, playback_url),
        language = coalesce(${o.language ?? null}, language),
        transcode_job_id = coalesce(${o.transcodeJobId ?? null}, transcode_job_id),
        metadata = coalesce(metadata, '{}') || ${sql.json((o.metadata ?? {}) as never)}::jsonb
      WHERE ${isCurrent(sql, o)}
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

/** Records the outcome of the transcription. Returns undefined when the run is not current. */
export const recordTranscriptStatus = async (
  sql: Sql,
  o: Run & {
    status: VideoRow['transcriptStatus']
    reason?: VideoRow['transcriptReason']
    language?: string | null
    source?: VideoRow['transcriptSource']
  },
): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET
        transcript_status = ${o.status}, transcript_reason = ${o.reason ?? null},
        transcript_language = ${o.language ?? null}, transcript_source = ${o.source ?? null}
      WHERE ${isCurrent(sql, o)}
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

/** Marks the video as processed. Returns undefined when the run is not current. */
export const completeRun = async (sql: Sql, run: Run): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET status = 'processed', stage = 'done', processing_progress = 100
      WHERE ${isCurrent(sql, run)}
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

const withError = (sql: Sql, failure: Failure) =>
  sql`status = 'error', stage = 'failed', metadata = (coalesce(metadata, '{}') - 'storyboardUrl') || ${sql.json({ error: failure })}::jsonb`

/**
 * Marks the video as failed for a reason and clears the addresses of the run's products, and of the
 * source when a retry cannot succeed. Returns undefined when the run is not current.
 */
export const markRunFailed = async (sql: Sql, o: Run & { failure: Failure }): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET
        ${withError(sql, o.failure)}, thumbnail_url = NULL, playback_url = NULL,
        source_etag = ${o.failure.retryable ? sql`source_etag` : null}
      WHERE ${isCurrent(sql, o)}
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

/** Fails a video without a run: its upload expired, or its file was refused on arrival. */
export const failWaitingVideo = async (
  sql: Sql,
  o: { videoId: string; failure: Failure },
): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET ${withError(sql, o.failure)}
      WHERE id = ${o.videoId} AND run_id IS NULL AND status = 'processing'
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

/** Starts the next attempt of a user's failed video. Returns undefined when it has not failed. */
export const startRetry = async (
  sql: Sql,
  o: { userId: string; videoId: string },
): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET
        status = 'processing', stage = 'queued', processing_progress = 0, stage_progress = '{}', transcode_job_id = NULL, attempt = attempt + 1, run_id = NULL, metadata = metadata - 'error' - 'warnings',
        transcript_status = 'pending', transcript_reason = NULL, transcript_language = NULL, transcript_source = NULL
      WHERE id = ${o.videoId} AND user_id = ${o.userId} AND status = 'error'
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

/** Returns videos whose file has arrived and that have not changed since `before`, oldest first. */
export const listStuckVideos = async (
  sql: Sql,
  { before, limit }: { before: Date; limit: number },
): Promise<VideoRow[]> => [
  ...(await sql<VideoRow[]>`
    SELECT ${sql(VIDEO_COLUMNS)} FROM videos
    WHERE status = 'processing' AND stage <> 'uploading' AND updated_at < ${before}
    ORDER BY updated_at, id LIMIT ${limit}`),
]
