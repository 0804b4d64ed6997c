import type { NO_TRANSCRIPT_REASONS } from '../../contract/videos.ts'

export type TranscriptionFailure = {
  reason: Extract<(typeof NO_TRANSCRIPT_REASONS)[number], 'no_speech' | 'language_not_supported' | 'recogniser_unavailable'>
}

// A failed job has no code, only a sentence. The first row that fits counts: too little speech is a matter of language to Transcribe.
const SENTENCES: [RegExp, TranscriptionFailure][] = [
  [/speech segment long enough|media file length is too small/i, { reason: 'no_speech' }],
  [/language/i, { reason: 'language_not_supported' }],
]

/** Why there is no transcript, from the sentence with which Transcribe gave up. */
export const readTranscriptionFailure = (sentence: string): TranscriptionFailure =>
  SENTENCES.find(([pattern]) => pattern.test(sentence))?.[1] ?? { reason: 'recogniser_unavailable' }
