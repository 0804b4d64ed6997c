import { parseText } from 'media-captions'
import type { Segment } from './segment-words.ts'

/** Five hours of dense subtitles have a tenth of it. */
const MAX_CUES = 50_000
/** A Lambda answer ends at 6 MB: this much still fits as base64 if no compression helps. */
const MAX_TEXT_BYTES = 4_000_000

/**
 * The cues of a WebVTT text as segments, without markup; what is beyond 50,000 cues or 4 MB of text
 * is left out. Nobody measured how sure they are, so `confidence` is null.
 */
export const readCaptions = async (vtt: string): Promise<Segment[]> => {
  const { cues } = await parseText(vtt, { type: 'vtt', strict: false })
  let bytes = 0
  return cues
    .map(({ startTime, endTime, text }) => ({
      startMs: Math.round(startTime * 1000),
      endMs: Math.round(endTime * 1000),
      text: plainText(text),
    }))
    .filter(({ startMs, endMs, text }) => text && Number.isFinite(startMs) && endMs >= startMs)
    .sort((a, b) => a.startMs - b.startMs)
    .slice(0, MAX_CUES)
    .filter(({ text }) => {
      bytes += Buffer.byteLength(text)
      return bytes <= MAX_TEXT_BYTES
    })
    .map((cue, index) => ({ index, ...cue, confidence: null }))
}

// No pattern may look past the next of its own opening characters: a subtitle of nothing but "<"
// would take hours.
const plainText = (text: string): string =>
  text
    .replaceAll('\u0000', '')
    .replace(/<[^<>]*>/g, '')
    .replace(/\{\\[^{}]*\}/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&nbsp;/g, ' ')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim()
