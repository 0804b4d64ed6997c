import type { Failure } from '../../contract/failure.ts'
import type { Stage, StageProgress } from '../../contract/pipeline.ts'
import { first, type Sql } from '../client.ts'
import { VIDEO_COLUMNS } from './video-columns.ts'
import type { VideoMetadataRow, VideoRow } from './videos.ts'

type Run = { videoId: string; runId: string }

// A run may write as long as the video belongs to it and is still processing: a late message never overwrites a newer state.
const isCurrent = (sql: Sql, { videoId, runId }: Run) => sql`id = ${videoId} AND run_id = ${runId} AND status = 'processing'`

/** The file has landed: its real size and ETag. Undefined when the video is not waiting for it (any more). */
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

/** The uploaded file is no longer to be had: it is not linked to and cannot be processed again. False, with nothing changed, when the video has another by now. */
export const forgetSource = async (sql: Sql, { videoId, eTag }: { videoId: string; eTag: string }): Promise<boolean> =>
  (await sql`UPDATE videos SET source_etag = NULL WHERE id = ${videoId} AND source_etag = ${eTag}`).count > 0

/**
 * Makes a run the one that may write; the same run may claim again, which writes nothing. Undefined when another run has the video, or it is finished, deleted
 * or at another attempt.
 */
export const claimRun = async (sql: Sql, o: Run & { attempt: number }): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET run_id = ${o.runId}, stage = 'queued'
      WHERE id = ${o.videoId} AND status = 'processing' AND attempt = ${o.attempt} AND run_id IS NULL
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  ) ?? first(await sql<VideoRow[]>`SELECT ${sql(VIDEO_COLUMNS)} FROM videos WHERE ${isCurrent(sql, o)} AND attempt = ${o.attempt}`)

/** Returns whether the run may go on: false after a delete, a retry, a failure. */
export const isRunCurrent = async (sql: Sql, run: Run): Promise<boolean> =>
  (await sql`SELECT 1 FROM videos WHERE ${isCurrent(sql, run)}`).length > 0

export type RunProgress = Pick<VideoRow, 'userId' | 'stage' | 'processingProgress'> & { stageProgress: StageProgress }

/** How far a run is; the row stays locked until the transaction ends, because stages run side by side. Undefined when the run is not current. */
export const lockProgress = async (sql: Sql, run: Run): Promise<RunProgress | undefined> =>
  first(
    await sql<RunProgress[]>`
      SELECT user_id, stage, processing_progress, stage_progress FROM videos WHERE ${isCurrent(sql, run)} FOR UPDATE`,
  )

/** Progress only grows, and stays below 100 until the run completes. Undefined when the run is not current. */
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

/** Stores what a step found out or made. Only what is given changes; metadata is merged key by key. Undefined when the run is not current. */
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

/** How the search for a transcript ended. Undefined when the run is not current. */
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

/** The video is processed. Undefined when the run is not current: nothing is to be told or cleaned twice. */
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
 * The run has failed for this reason. What it made goes, and a file that can never be processed goes, too: the row forgets where they were.
 * Undefined when the run is not current, for example because it has failed already.
 */
export const failRun = async (sql: Sql, o: Run & { failure: Failure }): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET
        ${withError(sql, o.failure)}, thumbnail_url = NULL, playback_url = NULL,
        source_etag = ${o.failure.retryable ? sql`source_etag` : null}
      WHERE ${isCurrent(sql, o)}
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

/** Fails a video that no run has taken: its upload expired, or what landed was refused at the door. */
export const failWaitingVideo = async (sql: Sql, o: { videoId: string; failure: Failure }): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET ${withError(sql, o.failure)}
      WHERE id = ${o.videoId} AND run_id IS NULL AND status = 'processing'
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

/** Sends a failed video round again with the next attempt number. Undefined unless the user has it and it has failed. */
export const startRetry = async (sql: Sql, o: { userId: string; videoId: string }): Promise<VideoRow | undefined> =>
  first(
    await sql<VideoRow[]>`
      UPDATE videos SET
        status = 'processing', stage = 'queued', processing_progress = 0, stage_progress = '{}', transcode_job_id = NULL, attempt = attempt + 1, run_id = NULL, metadata = metadata - 'error',
        transcript_status = 'pending', transcript_reason = NULL, transcript_language = NULL, transcript_source = NULL
      WHERE id = ${o.videoId} AND user_id = ${o.userId} AND status = 'error'
      RETURNING ${sql(VIDEO_COLUMNS)}`,
  )

/** Videos whose file has landed but that have not moved since `before`: oldest first. */
export const listStuckVideos = async (sql: Sql, { before, limit }: { before: Date; limit: number }): Promise<VideoRow[]> => [
  ...(await sql<VideoRow[]>`
    SELECT ${sql(VIDEO_COLUMNS)} FROM videos
    WHERE status = 'processing' AND stage <> 'uploading' AND updated_at < ${before}
    ORDER BY updated_at, id LIMIT ${limit}`),
]
