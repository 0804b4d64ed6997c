import { gzipSync } from 'node:zlib'

/** A Lambda answer ends at 6 MB; a text above this would come too near to it. */
const ALWAYS_ABOVE_BYTES = 4_000_000

const VARY = { Vary: 'Accept-Encoding' }

/**
 * Text (or the bytes of one), gzipped for clients that take it, and for all when it would not fit
 * an answer otherwise. The headers tell caches that it depends on the client.
 */
export const compressed = (
  text: string | Buffer,
  headers: Record<string, string | undefined>,
): { content: string | Buffer; headers: Record<string, string> } => {
  const accepts = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(headers['accept-encoding'] ?? '')
  if (!accepts && Buffer.byteLength(text) <= ALWAYS_ABOVE_BYTES) return { content: text, headers: VARY }
  return { content: gzipSync(text), headers: { ...VARY, 'Content-Encoding': 'gzip' } }
}
