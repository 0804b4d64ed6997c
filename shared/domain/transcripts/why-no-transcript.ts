import { MAX_SPEECH_SECONDS } from '../../contract/limits.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'

const SENTENCES = {
  no_audio: 'This video has no sound. Upload it with sound or with a subtitle track.',
  no_speech: 'No speech was found in this video. If somebody speaks in it, upload it with a subtitle track.',
  too_long: `Speech is recognised in videos of ${MAX_SPEECH_SECONDS / 3600} hours at most. Upload it in parts or with a subtitle track.`,
  language_not_supported:
    'The language that is spoken in this video cannot be recognised. Upload it with a subtitle track.',
  recogniser_unavailable:
    'The speech recogniser was not available when this video was processed. Upload it again later or with a subtitle track.',
} as const satisfies Record<NonNullable<VideoRow['transcriptReason']>, string>

/** Why a video has no transcript and what its owner can do, in a sentence or two. */
export const whyNoTranscript = ({
  status,
  transcriptReason,
}: Pick<VideoRow, 'status' | 'transcriptReason'>): string => {
  if (status === 'error') return 'The video could not be processed. Retry it first.'
  return transcriptReason ? SENTENCES[transcriptReason] : 'This video has no transcript.'
}
