import type * as z from 'zod'
import type { Transcript } from '../../contract/videos.ts'
import { formatCueTime } from '../../kernel/time-codes.ts'
import type { Segment } from './segment-words.ts'

export type TranscriptFormat = 'json' | 'vtt' | 'srt'

type Cue = Pick<Segment, 'startMs' | 'endMs' | 'text'>

export const TRANSCRIPT_TYPES: Record<TranscriptFormat, string> = {
  json: 'application/json',
  vtt: 'text/vtt; charset=utf-8',
  srt: 'application/x-subrip; charset=utf-8',
}

// The contract's shape: times in seconds.
const toJson = (segments: readonly Segment[]): string => {
  const transcript: z.input<typeof Transcript> = {
    segments: segments.map(({ index, startMs, endMs, text, confidence }) => ({
      id: index,
      startTime: startMs / 1000,
      endTime: endMs / 1000,
      text,
      confidence,
    })),
  }
  return JSON.stringify(transcript)
}

/** A WebVTT file. Text is escaped, so it can neither end a cue nor become markup. */
export const toWebVtt = (segments: readonly Cue[]): string => {
  const cues = segments.map(
    ({ startMs, endMs, text }) =>
      `${formatCueTime(startMs)} --> ${formatCueTime(endMs)}\n${escapeVtt(oneParagraph(text))}\n`,
  )
  return ['WEBVTT\n', ...cues].join('\n')
}

/**
 * A SubRip file. The format knows no escapes: what would end a cue or become markup is written with
 * look-alikes.
 */
export const toSrt = (segments: readonly Cue[]): string =>
  segments
    .map(
      ({ startMs, endMs, text }, index) =>
        `${index + 1}\n${formatCueTime(startMs, ',')} --> ${formatCueTime(endMs, ',')}\n${escapeSrt(oneParagraph(text))}\n`,
    )
    .join('\n')

/** A transcript in a format. */
export const writeTranscript = (format: TranscriptFormat, segments: readonly Segment[]): string =>
  WRITERS[format](segments)

const WRITERS = { json: toJson, vtt: toWebVtt, srt: toSrt }

/** An empty line ends a cue in both formats. */
const oneParagraph = (text: string): string =>
  text
    .replaceAll('\u0000', '')
    .split(/[\r\n\u2028\u2029]+/)
    .map(line => line.trim())
    .filter(line => line !== '')
    .join('\n')

const escapeVtt = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const escapeSrt = (text: string): string =>
  text
    .replaceAll('-->', '→')
    .replace(/<(?=[/a-z])/gi, '‹')
    .replace(/\{(?=\\)/g, '(')
