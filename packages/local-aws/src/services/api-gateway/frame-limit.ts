import type { Duplex } from 'node:stream'

/**
 * Watches the client's frames as they arrive and calls back once for a data frame whose payload is
 * over the limit. The ws library limits whole messages only; API Gateway also limits each frame
 * (RFC 6455, section 5.2, has the header's layout).
 */
export const watchFrameSize = (socket: Duplex, limitBytes: number, onTooLarge: () => void) => {
  let header = Buffer.alloc(0)
  let payloadLeft = 0

  const readHeader = (): { size: number; payload: number; control: boolean } | undefined => {
    if (header.length < 2) return undefined
    const control = (header[0]! & 0x08) !== 0
    const short = header[1]! & 0x7f
    const size = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (header[1]! & 0x80 ? 4 : 0)
    if (header.length < size) return undefined
    const payload =
      short === 126 ? header.readUInt16BE(2) : short === 127 ? Number(header.readBigUInt64BE(2)) : short
    return { size, payload, control }
  }

  const onData = (chunk: Buffer) => {
    let rest = chunk
    while (rest.length > 0) {
      const skipped = Math.min(payloadLeft, rest.length)
      payloadLeft -= skipped
      rest = rest.subarray(skipped)
      if (rest.length === 0) return
      const before = header.length
      header = Buffer.concat([header, rest.subarray(0, 14 - before)])
      const frame = readHeader()
      if (!frame) return
      rest = rest.subarray(frame.size - before)
      header = Buffer.alloc(0)
      payloadLeft = frame.payload
      if (frame.payload > limitBytes && !frame.control) {
        socket.off('data', onData)
        return onTooLarge()
      }
    }
  }
  socket.on('data', onData)
}
