import { createHash } from 'node:crypto'
import { equalSignatures } from '../../iam/signature.ts'
import { s3Error } from './s3-error.ts'
import type { Identity } from './signature.ts'

const EMPTY_SHA256 = createHash('sha256').digest('hex')
const MAX_LINE_BYTES = 8192

const readerOf = (source: AsyncIterable<Buffer>) => {
  const chunks = source[Symbol.asyncIterator]()
  let buffer: Buffer = Buffer.alloc(0)

  const more = async (): Promise<Buffer> => {
    const next = await chunks.next()
    if (next.done) throw s3Error('IncompleteBody')
    return next.value
  }

  return {
    line: async (): Promise<string> => {
      let end = buffer.indexOf('\r\n')
      while (end < 0) {
        if (buffer.length > MAX_LINE_BYTES) throw s3Error('IncompleteBody', 'A chunk header is too long.')
        buffer = Buffer.concat([buffer, await more()])
        end = buffer.indexOf('\r\n')
      }
      const text = buffer.toString('latin1', 0, end)
      buffer = buffer.subarray(end + 2)
      return text
    },
    /** Between one and `most` bytes. */
    take: async (most: number): Promise<Buffer> => {
      if (buffer.length === 0) buffer = await more()
      const taken = buffer.subarray(0, most)
      buffer = buffer.subarray(taken.length)
      return taken
    },
  }
}

/**
 * Takes the aws-chunked framing off a body and puts what follows it into `trailers`. With an
 * identity, each chunk's signature is checked against the one before it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export async function* decodeChunks(
  source: AsyncIterable<Buffer>,
  trailers: Record<string, string>,
  signedBy?: Identity,
): AsyncGenerator<Buffer> {
  const reader = readerOf(source)
  let previous = signedBy?.signature ?? ''

  const verify = async (kind: string, hashes: string[], signature: string | undefined) => {
    if (!signedBy) return
    const text = [`AWS4-HMAC-SHA256-${kind}`, signedBy.date, signedBy.scope, previous, ...hashes].join('\n')
    previous = await signedBy.sign(text)
    if (!equalSignatures(previous, signature ?? '')) throw s3Error('SignatureDoesNotMatch')
  }

  for (;;) {
    const [size = '', extension = ''] = (await reader.line()).split(';')
    if (!/^[0-9a-f]{1,10}$/i.test(size)) throw s3Error('IncompleteBody', 'A chunk header is malformed.')
    const hash = createHash('sha256')
    let left = Number.parseInt(size, 16)
    const last = left === 0
    while (left > 0) {
      const bytes = await reader.take(left)
      left -= bytes.length
      if (signedBy) hash.update(bytes)
      yield bytes
    }
    await verify('PAYLOAD', [EMPTY_SHA256, hash.digest('hex')], extension.split('chunk-signature=')[1])
    if (last) break
    if ((await reader.line()) !== '')
      throw s3Error('IncompleteBody', 'A chunk is longer than its header says.')
  }

  const lines: string[] = []
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const [name = '', value = ''] = line.split(/:(.*)/s)
    trailers[name.trim().toLowerCase()] = value.trim()
    if (!line.startsWith('x-amz-trailer-signature')) lines.push(`${line}\n`)
  }
  if (lines.length > 0) {
    const trailerHash = createHash('sha256').update(lines.join('')).digest('hex')
    await verify('TRAILER', [trailerHash], trailers['x-amz-trailer-signature'])
  }
}
