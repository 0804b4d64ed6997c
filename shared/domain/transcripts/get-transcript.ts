import { problem } from '../../contract/problems.ts'
import { requireVideo } from '../videos/require-video.ts'
import type { Owned, VideoDeps } from '../videos/video-deps.ts'

type Deps = Pick<VideoDeps, 'sql' | 'videos' | 'transcripts'>

/** The segments of a video's transcript, readable as soon as they are there. Throws `video.not_found`, `video.not_ready`, `transcript.not_found`. */
export const getTranscript = async (deps: Deps, owned: Owned) => {
  const { transcriptStatus, transcriptReason, status } = await requireVideo(deps, owned)
  if (transcriptStatus === 'ready') return deps.transcripts.listSegments(deps.sql, owned)
  if (transcriptStatus === 'pending' && status === 'processing') {
    throw problem('video.not_ready', { detail: 'The transcript is still being made.' })
  }
  throw problem('transcript.not_found', {
    detail: REASONS[transcriptReason ?? 'none'],
    ...(transcriptReason && { reason: transcriptReason }),
  })
}

const REASONS = {
  none: 'This video has no transcript.',
  no_audio: 'This video has no sound.',
  no_speech: 'Nobody speaks in this video, or not for long enough to be recognised.',
  too_long: 'The video is too long for the speech recogniser.',
  language_not_supported: 'The spoken language is not one that can be recognised.',
  recogniser_unavailable: 'There is no speech recogniser here.',
} as const
