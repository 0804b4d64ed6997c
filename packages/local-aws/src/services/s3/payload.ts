import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { decodeChunks } from './chunked-body.ts'
import { type S3Error, s3Error } from './s3-error.ts'
import type { S3Request } from './s3-request.ts'
import type { Identity } from './signature.ts'

const MAX_OBJECT_BYTES = 5 * 1024 ** 3
const MAX_DOCUMENT_BYTES = 2 * 1024 ** 2

type Digest = { update: (chunk: Buffer) => void; value: () => Buffer }
type Expectation = Digest & {
  expected: () => string | undefined
  encoding: 'hex' | 'base64'
  code: S3Error['code']
}

const hashDigest = (algorithm: string) => (): Digest => {
  const hash = createHash(algorithm)
  return { update: chunk => void hash.update(chunk), value: () => hash.digest() }
}

const crc32Digest = (): Digest => {
  let crc = 0
  const value = Buffer.alloc(4)
  return {
    update: chunk => {
      crc = crc32(chunk, crc)
    },
    value: () => {
      value.writeUInt32BE(crc)
      return value
    },
  }
}

// Node has no CRC-32C nor CRC-64/NVME: those checksums are taken unverified.
const CHECKSUMS: Record<string, () => Digest> = {
  'content-md5': hashDigest('md5'),
  'x-amz-checksum-crc32': crc32Digest,
  'x-amz-checksum-sha1': hashDigest('sha1'),
  'x-amz-checksum-sha256': hashDigest('sha256'),
}

async function* checked(
  source: AsyncIterable<Buffer>,
  sizeBytes: number,
  expectations: Expectation[],
): AsyncGenerator<Buffer> {
  let received = 0
  for await (const chunk of source) {
    received += chunk.length
    if (received > sizeBytes) break
    for (const expectation of expectations) expectation.update(chunk)
    yield chunk
  }
  if (received !== sizeBytes) throw s3Error('IncompleteBody')
  for (const { expected, encoding, value, code } of expectations) {
    if (expected() !== value().toString(encoding)) throw s3Error(code)
  }
}

/**
 * The request's bytes without their framing; length, hash, checksums and chunk signatures are
 * checked on the way.
 */
export const readPayload = ({ headers, message }: S3Request, identity: Identity): AsyncIterable<Buffer> => {
  const contentHash = headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD'
  const framed = contentHash.startsWith('STREAMING-')
  const length = headers[framed ? 'x-amz-decoded-content-length' : 'content-length']
  if (!/^\d+$/.test(length ?? '')) throw s3Error('MissingContentLength')
  if (Number(length) > MAX_OBJECT_BYTES) throw s3Error('EntityTooLarge')

  const trailers: Record<string, string> = {}
  const announced = [
    ...Object.keys(headers),
    ...(headers['x-amz-trailer'] ?? '').split(',').map(name => name.trim().toLowerCase()),
  ]
  const expectations = announced.flatMap((name): Expectation[] => {
    const digest = CHECKSUMS[name]
    return digest
      ? [
          {
            ...digest(),
            expected: () => headers[name] ?? trailers[name],
            encoding: 'base64',
            code: 'BadDigest',
          },
        ]
      : []
  })
  if (/^[0-9a-f]{64}$/.test(contentHash)) {
    const code = 'XAmzContentSHA256Mismatch'
    expectations.push({ ...hashDigest('sha256')(), expected: () => contentHash, encoding: 'hex', code })
  }

  // Not destroyed on the way out: a refused request must still get its answer over the same socket.
  const source: AsyncIterable<Buffer> = message.iterator({ destroyOnReturn: false })
  const signedBy = contentHash.startsWith('STREAMING-AWS4-') ? identity : undefined
  return checked(framed ? decodeChunks(source, trailers, signedBy) : source, Number(length), expectations)
}

/** A small XML body as text. */
export const readDocument = async (request: S3Request, identity: Identity): Promise<string> => {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of readPayload(request, identity)) {
    sizeBytes += chunk.length
    if (sizeBytes > MAX_DOCUMENT_BYTES) throw s3Error('EntityTooLarge')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
