import type { Segment } from './segment-words.ts'

/** Speech counts and names years; telemetry is made of numbers. */
const MAX_DIGITS = 0.35
/** Songs repeat a chorus; telemetry and karaoke repeat one line with other numbers. */
const MIN_DISTINCT = 0.2
const FEW_CUES = 8
/** Less is a translation of signs, or the name of the translator. */
const MIN_COVERED = 0.02

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0

/**
 * Returns whether the cues of a track are what is said in the film: words more than numbers, lines
 * that differ by more than their numbers, over more than a fiftieth of the film.
 */
export const readsLikeSpeech = (cues: readonly Segment[], durationMs: number): boolean => {
  const text = cues.map(cue => cue.text).join('\n')
  const letters = count(text, /[\p{L}\p{M}]/gu)
  const digits = count(text, /\p{N}/gu)
  if (letters === 0 || digits / (letters + digits) > MAX_DIGITS) return false
  const lines = new Set(cues.map(cue => cue.text.replace(/[^\p{L}\p{M}]+/gu, ' ').toLowerCase()))
  if (cues.length >= FEW_CUES && lines.size / cues.length < MIN_DISTINCT) return false
  const coveredMs = cues.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
  return coveredMs >= durationMs * MIN_COVERED
}
