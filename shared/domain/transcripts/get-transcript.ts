import { problem } from '../../contract/problems.ts'
import { listSegments } from '../../db/repositories/transcripts.ts'
import { requireVideo } from '../videos/require-video.ts'
import type { Owned, VideoDeps } from '../videos/video-deps.ts'
import { whyNoTranscript } from './why-no-transcript.ts'

type Deps = Pick<VideoDeps, 'sql'>

/** The segments of a video's transcript, readable as soon as they are there. Throws `video.not_found`, `video.not_ready`, `transcript.not_found`. */
export const getTranscript = async (deps: Deps, owned: Owned) => {
  const video = await requireVideo(deps, owned)
  const { transcriptStatus, transcriptReason, status } = video
  if (transcriptStatus === 'ready') return listSegments(deps.sql, owned)
  if (transcriptStatus === 'pending' && status === 'processing') {
    throw problem('video.not_ready', { detail: 'The transcript is still being made.' })
  }
  throw problem('transcript.not_found', {
    detail: whyNoTranscript(video),
    ...(transcriptReason && { reason: transcriptReason }),
  })
}
