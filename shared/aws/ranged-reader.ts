import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'

const BLOCK_BYTES = 1024 * 1024
/**
 * Indexes stand at the start or the end of a file: a few blocks serve a parser that jumps between
 * them.
 */
const KEPT_BLOCKS = 8

export type RangedReader = {
  sizeBytes: number
  /** At most `size` bytes from `offset`; fewer at the end of the object. */
  read(size: number, offset: number): Promise<Uint8Array>
  /** How many requests were made so far. */
  requests(): number
}

/**
 * Reads parts of an object as a parser asks for them. With `eTag`, a read fails once the object was
 * replaced.
 */
export const createRangedReader = (o: {
  client: S3Client
  bucket: string
  key: string
  sizeBytes: number
  eTag?: string
}): RangedReader => {
  const blocks = new Map<number, Promise<Uint8Array>>()
  let requests = 0

  const fetchBlock = async (block: number): Promise<Uint8Array> => {
    requests += 1
    const first = block * BLOCK_BYTES
    const last = Math.min(first + BLOCK_BYTES, o.sizeBytes) - 1
    const answer = await o.client.send(
      new GetObjectCommand({
        Bucket: o.bucket,
        Key: o.key,
        Range: `bytes=${first}-${last}`,
        ...(o.eTag && { IfMatch: o.eTag }),
      }),
    )
    return answer.Body!.transformToByteArray()
  }

  const blockAt = (block: number): Promise<Uint8Array> => {
    const bytes = blocks.get(block) ?? fetchBlock(block)
    blocks.delete(block)
    blocks.set(block, bytes)
    for (const oldest of blocks.keys()) {
      if (blocks.size <= KEPT_BLOCKS) break
      blocks.delete(oldest)
    }
    bytes.catch(() => blocks.delete(block))
    return bytes
  }

  return {
    sizeBytes: o.sizeBytes,
    requests: () => requests,
    read: async (size, offset) => {
      const end = Math.min(offset + size, o.sizeBytes)
      if (offset < 0 || end <= offset) return new Uint8Array()
      const parts: Uint8Array[] = []
      for (let block = Math.floor(offset / BLOCK_BYTES); block * BLOCK_BYTES < end; block++) {
        const bytes = await blockAt(block)
        const start = block * BLOCK_BYTES
        parts.push(bytes.subarray(Math.max(0, offset - start), end - start))
      }
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    },
  }
}
