import { problem } from '../../contract/problems.ts'
import type { TranscriptFormat } from './transcript-formats.ts'

const FORMATS = new Map<string, TranscriptFormat>([
  ['application/json', 'json'],
  ['text/vtt', 'vtt'],
  ['application/x-subrip', 'srt'],
  ['text/srt', 'srt'],
  ['*/*', 'json'],
  ['application/*', 'json'],
  ['text/*', 'vtt'],
])

/**
 * The format that an Accept header likes best (RFC 9110, 12.5.1); JSON without one. Throws
 * `request.not_acceptable`.
 */
export const chooseFormat = (accept: string | undefined): TranscriptFormat => {
  if (!accept?.trim()) return 'json'
  const wishes = accept
    .toLowerCase()
    .split(',')
    .map(range => {
      const [type = '', ...parameters] = range.split(';').map(part => part.trim())
      const quality = Number(parameters.find(parameter => parameter.startsWith('q='))?.slice(2) ?? 1)
      return { format: FORMATS.get(type), quality, vagueness: type.split('*').length - 1 }
    })
    .filter(({ format, quality }) => format !== undefined && quality > 0)
    .sort((a, b) => b.quality - a.quality || a.vagueness - b.vagueness)
  const best = wishes[0]?.format
  if (!best)
    throw problem('request.not_acceptable', {
      detail: 'A transcript comes as application/json, text/vtt or application/x-subrip.',
    })
  return best
}
