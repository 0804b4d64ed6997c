import type { Segment } from '../transcripts/segment-words.ts'

/** A segment as the model reads it, or a piece of a long one under the same id. */
export type Passage = { id: number; text: string }

/** About 8,000 tokens: what a GPT-4-class model reads carefully, with room for the answer. */
export const PART_CHARACTERS = 24_000
/**
 * About five hours of fast speech. A subtitle track holds as much text as somebody likes, and each
 * part of it is a paid call.
 */
export const MAX_PARTS = 25

const PIECE_CHARACTERS = 1200
/**
 * The characters around a text in the JSON that the model gets: a hundred thousand subtitles of one
 * letter are long as well.
 */
const FRAME_CHARACTERS = '{"id":12345,"text":""},'.length
/** A part takes what begins within it; the last piece may reach beyond. */
const FULL_PART = PART_CHARACTERS - PIECE_CHARACTERS
const MAX_CHARACTERS = MAX_PARTS * FULL_PART

const LONGEST_TEXT = PIECE_CHARACTERS - FRAME_CHARACTERS
/** Does not end between the halves of a character. */
const PIECES = new RegExp(`.{1,${LONGEST_TEXT}}(?![\\uDC00-\\uDFFF])`, 'gs')

const sizeOf = ({ text }: Passage): number => text.length + FRAME_CHARACTERS
const sizeOfAll = (passages: readonly Passage[]): number =>
  passages.reduce((sum, passage) => sum + sizeOf(passage), 0)

/**
 * A transcript of any length and distribution in one to MAX_PARTS parts of about the same size,
 * none above PART_CHARACTERS. Of far too much text passages from its whole length are left.
 */
export const readInParts = (segments: readonly Segment[]): Passage[][] => {
  const passages = thinOut(segments.flatMap(cutUp))
  const total = sizeOfAll(passages)
  const parts: Passage[][] = Array.from({ length: Math.max(1, Math.ceil(total / FULL_PART)) }, () => [])
  let before = 0
  for (const passage of passages) {
    parts[Math.floor((before / total) * parts.length)]!.push(passage)
    before += sizeOf(passage)
  }
  return parts
}

const cutUp = ({ index, text }: Segment): Passage[] =>
  (text.toWellFormed().match(PIECES) ?? []).map(piece => ({ id: index, text: piece }))

/**
 * Counts characters, not segments: every nth of them may be the long ones. Beginning and end stay.
 */
const thinOut = (passages: readonly Passage[]): readonly Passage[] => {
  const total = sizeOfAll(passages)
  if (total <= MAX_CHARACTERS) return passages
  // The kept pieces are one more than their share at most, and the last comes on top.
  const share = (MAX_CHARACTERS - 2 * PIECE_CHARACTERS) / total
  const last = passages.at(-1)
  let seen = 0
  let kept = 0
  return passages.filter(passage => {
    const stays = kept <= share * seen || passage === last
    seen += sizeOf(passage)
    if (stays) kept += sizeOf(passage)
    return stays
  })
}
