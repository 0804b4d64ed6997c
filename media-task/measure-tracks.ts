import { MAX_DURATION_SECONDS } from '../shared/contract/limits.ts'
import { problem } from '../shared/contract/problems.ts'
import { type Limits, openUntrusted, readFfmpeg } from './ffmpeg.ts'

/** The packets of a track; its end is that of its longest-lasting packet. */
export type Span = {
  packets: number
  /** Those that an edit list leaves out, and that are read only for others that need them. */
  discarded: number
  bytes: number
  /** The times of the packets that can be decoded without others. */
  keysMs: number[]
  startMs: number
  /** The beginning of the last packet. */
  lastMs: number
  endMs: number
}

/** Enough to tell a film that is too long from the longest that is not. */
const MEASURED_SECONDS = MAX_DURATION_SECONDS + 60
/** Reading through 2 GB takes a tenth of it. */
const MEASURE_TIMEOUT_MS = 120_000
/** ffmpeg's word for no time stamp, -2^63. */
const NO_TIME = Number(-(2n ** 63n))
/** Five hours have a tenth of it. */
const MAX_PACKETS = 30_000_000

/** A packet's flags are printed unless it is an ordinary key packet. */
const flagsOf = (line: string) => Number(/F=(0x[0-9a-f]+)/i.exec(line)?.[1] ?? KEY)
const KEY = 1
const DISCARDED = 4

/**
 * Reads through the packets of the picture and of sound tracks, without decoding, on the clock of
 * every later command. What a file says of its length need not be true, and browsers' own
 * recordings say nothing.
 */
export const measureTracks = async (
  file: string,
  sounds: readonly number[],
  limits: Limits,
): Promise<Span[]> => {
  const spans: Span[] = ['picture', ...sounds].map(() => ({
    packets: 0,
    discarded: 0,
    bytes: 0,
    keysMs: [],
    startMs: Number.POSITIVE_INFINITY,
    lastMs: 0,
    endMs: 0,
  }))
  const timeBases: number[] = []
  let packets = 0
  const onLine = (line: string) => {
    const [, header, numerator, denominator] = /^#tb (\d+): (\d+)\/(\d+)/.exec(line) ?? []
    if (header) timeBases[Number(header)] = (Number(numerator) / Number(denominator)) * 1000
    if (line.startsWith('#') || line === '') return
    const [stream, dts = 0, pts = 0, duration = 0, size = 0] = line.split(',', 5).map(Number)
    const span = spans[stream!]
    if (!span) return
    const flags = flagsOf(line)
    if (flags & DISCARDED) {
      span.discarded += 1
      return
    }
    packets += 1
    if (packets > MAX_PACKETS) throw problem('media.too_complex', { reason: 'its packets have no end' })
    const tick = timeBases[stream!] ?? 1
    // AVI keeps no presentation times.
    const time = pts === NO_TIME ? dts : pts
    span.packets += 1
    span.bytes += size
    if (flags & KEY && stream === 0) span.keysMs.push(time * tick)
    span.startMs = Math.min(span.startMs, time * tick)
    span.lastMs = Math.max(span.lastMs, time * tick)
    span.endMs = Math.max(span.endMs, (time + Math.max(0, duration)) * tick)
  }
  await readFfmpeg(
    [
      ...openUntrusted(file, [], MEASURED_SECONDS),
      ...['-map', '0:V:0', ...sounds.flatMap(index => ['-map', `0:a:${index}`])],
      ...['-c', 'copy', '-f', 'framecrc', '-'],
    ],
    { ...limits, isGate: true, timeoutMs: MEASURE_TIMEOUT_MS },
    onLine,
  )
  if (spans[0]?.packets === 0) throw problem('media.unreadable', { reason: 'its picture has no frames' })
  return spans.map(span => ({
    ...span,
    startMs: span.packets > 0 ? Math.max(0, Math.round(span.startMs)) : 0,
    lastMs: Math.round(span.lastMs),
    endMs: Math.round(span.endMs),
  }))
}
