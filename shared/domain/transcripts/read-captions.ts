import { parseText } from 'media-captions'
import { cleanText } from '../../kernel/clean-text.ts'
import type { Segment } from './segment-words.ts'

/** Five hours of dense subtitles have a tenth of it. */
const MAX_CUES = 50_000
/** A Lambda answer ends at 6 MB: this much still fits as base64 if no compression helps. */
const MAX_TEXT_BYTES = 4_000_000

/** Nobody reads faster: what is shown for less is a frame of a moving text. */
const MIN_CUE_MS = 100
/** The commands of a shape that some subtitles draw: `m 0 0 l 100 0 100 100`. */
const SHAPE = /^(?:[mnlbspc](?:\s+-?\d+(?:\.\d+)?)+\s*)+$/

/**
 * The cues of a WebVTT text as segments, without markup; none goes on after the film. What is
 * beyond 50,000 cues or 4 MB of text is left out. Nobody measured how sure they are, so
 * `confidence` is null.
 */
export const readCaptions = async (vtt: string, durationMs: number): Promise<Segment[]> => {
  const { cues } = await parseText(vtt, { type: 'vtt', strict: false })
  let bytes = 0
  const read = cues
    .map(({ startTime, endTime, text }) => ({
      startMs: Math.round(startTime * 1000),
      endMs: Math.min(durationMs, Math.round(endTime * 1000)),
      text: plainText(text),
    }))
    .filter(({ startMs, endMs, text }) => text && !SHAPE.test(text) && endMs >= startMs)
    .sort((a, b) => a.startMs - b.startMs)
  return joinFrames(read)
    .filter(({ startMs, endMs }) => endMs - startMs >= MIN_CUE_MS)
    .slice(0, MAX_CUES)
    .filter(({ text }) => {
      bytes += Buffer.byteLength(text)
      return bytes <= MAX_TEXT_BYTES
    })
    .map((cue, index) => ({ index, ...cue, confidence: null }))
}

type Cue = Pick<Segment, 'startMs' | 'endMs' | 'text'>

/** Cues that repeat their text without a pause are one: moving text is written frame by frame. */
const joinFrames = (cues: readonly Cue[]): Cue[] => {
  const joined: Cue[] = []
  for (const cue of cues) {
    const last = joined.at(-1)
    if (last && last.text === cue.text && cue.startMs - last.endMs <= MIN_CUE_MS)
      last.endMs = Math.max(last.endMs, cue.endMs)
    else joined.push({ ...cue })
  }
  return joined
}

// No pattern may look past the next of its own opening characters: a subtitle of nothing but "<"
// would take hours.
const plainText = (text: string): string =>
  cleanText(text)
    .replace(/<[^<>]*>/g, '')
    .replace(/\{\\[^{}]*\}/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&nbsp;/g, ' ')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim()
