import type { NO_TRANSCRIPT_REASONS } from '../../contract/videos.ts'

export type TranscriptionFailure = {
  reason: Extract<
    (typeof NO_TRANSCRIPT_REASONS)[number],
    'no_speech' | 'language_not_supported' | 'recogniser_unavailable'
  >
  /** Nothing is wrong with the sound, so that another job may succeed. */
  retryable: boolean
}

// A failed job has no code, only a sentence. The first row that fits counts: too little speech is a
// matter of language to Transcribe.
const SENTENCES: [RegExp, TranscriptionFailure][] = [
  [/speech segment long enough|media file length is too small/i, { reason: 'no_speech', retryable: false }],
  [/language/i, { reason: 'language_not_supported', retryable: false }],
  [
    /(media|audio) format|sample rate|file size|number of channels|data in your input media file|parse audio/i,
    { reason: 'recogniser_unavailable', retryable: false },
  ],
]

/**
 * Why there is no transcript, from the sentence with which Transcribe gave up. What is not known as
 * the sound's fault is Transcribe's own.
 */
export const readTranscriptionFailure = (sentence: string): TranscriptionFailure =>
  SENTENCES.find(([pattern]) => pattern.test(sentence))?.[1] ?? {
    reason: 'recogniser_unavailable',
    retryable: true,
  }
