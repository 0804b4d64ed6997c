import { expect, it } from 'vitest'
import { readTranscriptionFailure } from '../../shared/providers/transcriber/read-transcription-failure.ts'

it.each([
  [
    'no_speech',
    'Your audio file must have a speech segment long enough in duration to perform automatic language identification. Provide an audio file with someone speaking for a longer period of time and try your request again.',
  ],
  [
    'no_speech',
    'The input media file length is too small. Minimum audio duration is 0.500000 seconds. Check the length of the file and try your request again.',
  ],
  ['language_not_supported', "The language code you provided isn't supported: vi-VN."],
  ['recogniser_unavailable', 'The sample rate provided does not match the detected sample rate.'],
  [
    'recogniser_unavailable',
    "The data in your input media file isn't valid. Check the media file and try your request again.",
  ],
  [
    'recogniser_unavailable',
    'Invalid file size: file size too large. Maximum audio duration is 4.000000 hours.',
  ],
])(
  'A video has no transcript for the reason %s, now and at every further try, when Transcribe says: %s',
  (reason, sentence) => {
    expect(readTranscriptionFailure(sentence)).toEqual({ reason, retryable: false })
  },
)

it.each(['An internal failure occurred. Try your request again.', 'Access to S3 was denied.', 'unknown'])(
  'Another job may succeed when Transcribe says: %s',
  sentence => {
    expect(readTranscriptionFailure(sentence)).toEqual({ reason: 'recogniser_unavailable', retryable: true })
  },
)
