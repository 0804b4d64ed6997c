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
  ['recogniser_unavailable', 'An internal failure occurred. Try your request again.'],
])('A video has no transcript for the reason %s when Transcribe says: %s', (reason, sentence) => {
  expect(readTranscriptionFailure(sentence)).toEqual({ reason })
})
