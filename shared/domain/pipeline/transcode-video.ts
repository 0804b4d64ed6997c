import { createHash } from 'node:crypto'
import type { Transcoding } from '../../aws/transcoding.ts'
import type { Film, PipelineTask } from '../../contract/pipeline.ts'
import { problem } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import { saveMediaFile } from '../../db/repositories/media-files.ts'
import { recordProducts } from '../../db/repositories/runs.ts'
import { objectUrl } from '../../kernel/object-url.ts'
import { masterPlaylistKey, transcodeSettings } from '../media/transcode-settings.ts'
import { type ProgressDeps, reportProgress } from '../runs/report-progress.ts'
import { requireRun } from '../runs/require-run.ts'

export type TranscodeDeps = ProgressDeps & {
  sql: Sql
  transcoding: Transcoding
  bucket: string
}

type Task = Pick<PipelineTask, 'runId' | 'input' | 'state'>

/** Starts the HLS job of a run. Idempotent by the job's token. */
export const startTranscoding = async (
  deps: TranscodeDeps,
  { runId, input, state }: Task,
): Promise<{ done: boolean }> => {
  const { videoId } = input
  const video = await requireRun(deps, { runId, input })
  const { width = 0, height = 0, frameRate = 0, hasAudio = false } = video.metadata ?? {}
  const { hdr, wideColour } = video.metadata ?? {}
  const { key } = (state as { film: Film }).film
  const settings = transcodeSettings({
    facts: {
      ...{ width, height, frameRate, hasAudio },
      ...{ hdr: hdr === true, wideColour: wideColour === true },
    },
    source: objectUrl(input.bucket, key),
    bucket: deps.bucket,
    videoId,
    runId,
  })
  const token = createHash('sha256').update(runId).digest('hex').slice(0, 64)
  const jobId = await deps.transcoding.start({ token, settings, tags: { videoId, runId } })
  if (!(await recordProducts(deps.sql, { videoId, runId, transcodeJobId: jobId }))) {
    // A failure of the run in the meantime could not cancel the job.
    await deps.transcoding.cancel(jobId)
    throw problem('media.cancelled')
  }
  await reportProgress(deps, { videoId, runId, stage: 'transcoding', share: 0 })
  return { done: false }
}

/** Reports the percentage of the job, and records the playlist once it is complete. */
export const checkTranscoding = async (
  deps: TranscodeDeps,
  { runId, input }: Omit<Task, 'state'>,
): Promise<{ done: boolean }> => {
  const { videoId } = input
  const { transcodeJobId } = await requireRun(deps, { runId, input })
  const state = await deps.transcoding.check(transcodeJobId!)
  if (state.status === 'failed') throw reasonOf(state)
  if (state.status === 'running') {
    await reportProgress(deps, { videoId, runId, stage: 'transcoding', share: state.share })
    return { done: false }
  }
  const playbackUrl = objectUrl(deps.bucket, masterPlaylistKey(videoId, runId))
  await recordProducts(deps.sql, { videoId, runId, playbackUrl })
  await saveMediaFile(deps.sql, {
    videoId,
    runId,
    kind: 'playlist',
    url: playbackUrl,
    contentType: 'application/vnd.apple.mpegurl',
  })
  await reportProgress(deps, { videoId, runId, stage: 'transcoding', share: 1 })
  return { done: true }
}

/**
 * Codes 1010 to 1099 are faults of the input. Others, and a cancelled job, are not.
 * https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_error_codes.html
 */
const reasonOf = ({ code, message }: { code: number | undefined; message: string }): Error =>
  code !== undefined && code >= 1010 && code <= 1099
    ? problem('media.transcode_failed', { reason: message })
    : new Error(`MediaConvert did not convert the video: ${message} (${code ?? 'no code'})`)
