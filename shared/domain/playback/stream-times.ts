const PACKET = 188
const SYNC = 0x47
/** Presentation times count 90,000 a second. */
const CLOCK = 90_000

/** The first and the last time stamp of a kind of track, in seconds. */
export type Times = { first: number; last: number }

/** Returns the presentation time of a PES header; undefined for bytes that are none. */
const readPes = (
  bytes: Uint8Array,
  at: number,
): { kind: 'picture' | 'sound'; seconds: number } | undefined => {
  if (bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== 1) return undefined
  const stream = bytes[at + 3]!
  const kind = (stream & 0xf0) === 0xe0 ? 'picture' : (stream & 0xe0) === 0xc0 ? 'sound' : undefined
  if (!kind || (bytes[at + 7]! & 0x80) === 0) return undefined
  const [a, b, c, d, e] = bytes.subarray(at + 9, at + 14) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ]
  const ticks = ((a >> 1) & 7) * 2 ** 30 + (b << 22) + ((c >> 1) << 15) + (d << 7) + (e >> 1)
  return { kind, seconds: ticks / CLOCK }
}

/**
 * Returns the times of picture and sound in a piece of an MPEG transport stream (ISO 13818-1,
 * 2.4.3), which may begin within a packet.
 */
export const readStreamTimes = (bytes: Uint8Array): { picture?: Times; sound?: Times } => {
  const times: { picture?: Times; sound?: Times } = {}
  let at = 0
  while (at + 2 * PACKET < bytes.length && !(bytes[at] === SYNC && bytes[at + PACKET] === SYNC)) at += 1
  for (; at + PACKET <= bytes.length; at += PACKET) {
    const beginsUnit = (bytes[at + 1]! & 0x40) !== 0
    const adaptation = (bytes[at + 3]! & 0x20) !== 0 ? 1 + bytes[at + 4]! : 0
    const start = at + 4 + adaptation
    const pes = beginsUnit && start + 14 <= at + PACKET ? readPes(bytes, start) : undefined
    if (!pes) continue
    const known = times[pes.kind]
    times[pes.kind] = {
      first: Math.min(known?.first ?? pes.seconds, pes.seconds),
      last: Math.max(known?.last ?? pes.seconds, pes.seconds),
    }
  }
  return times
}
