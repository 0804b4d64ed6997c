import { parseText } from 'media-captions'
import type { Segment } from './segment-words.ts'

/** The cues of a WebVTT text as segments, without markup. Nobody measured how sure they are, so `confidence` is null. */
export const readCaptions = async (vtt: string): Promise<Segment[]> => {
  const { cues } = await parseText(vtt, { type: 'vtt', strict: false })
  return cues
    .map(({ startTime, endTime, text }) => ({
      startMs: Math.round(startTime * 1000),
      endMs: Math.round(endTime * 1000),
      text: plainText(text),
    }))
    .filter(({ startMs, endMs, text }) => text && Number.isFinite(startMs) && endMs >= startMs)
    .sort((a, b) => a.startMs - b.startMs)
    .map((cue, index) => ({ index, ...cue, confidence: null }))
}

const plainText = (text: string): string =>
  text
    .replace(/<[^>]*>/g, '')
    .replace(/\{\\[^}]*\}/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&nbsp;/g, ' ')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim()
