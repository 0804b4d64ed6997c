import { problem } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import { listSegments } from '../../db/repositories/transcripts.ts'
import { type Owned, requireVideo } from '../videos/require-video.ts'
import { whyNoTranscript } from './why-no-transcript.ts'

export type GetTranscriptDeps = { sql: Sql }

/**
 * The segments of a video's transcript, readable as soon as they are there. Throws
 * `video.not_found`, `video.not_ready`, `transcript.not_found`.
 */
export const getTranscript = async (deps: GetTranscriptDeps, owned: Owned) => {
  const video = await requireVideo(deps, owned)
  const { transcriptStatus, transcriptReason, status } = video
  if (transcriptStatus === 'ready') return listSegments(deps.sql, owned)
  if (transcriptStatus === 'pending' && status === 'processing') {
    throw problem('video.not_ready')
  }
  throw problem('transcript.not_found', {
    detail: whyNoTranscript(video),
    ...(transcriptReason && { reason: transcriptReason }),
  })
}
