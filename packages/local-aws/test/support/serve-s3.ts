import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import type { Credentials, Keyring } from '../../src/iam/keyring.ts'
import type { BucketSettings } from '../../src/services/s3/bucket-state.ts'
import { startS3 } from '../../src/services/s3/server.ts'

export const MIB = 1024 ** 2
const region = 'us-east-1'

const credentialsOf = (accessKeyId: string): Credentials => ({
  accessKeyId,
  secretAccessKey: `secret-of-${accessKeyId}`,
})
export const operator = credentialsOf('OPERATOR')
/** May get what lies under media/public/ and nothing else. */
export const reader = credentialsOf('READER')

const keyring: Keyring = {
  operator,
  issue: () => reader,
  secretOf: id => [operator, reader].find(key => key.accessKeyId === id)?.secretAccessKey,
  authorize: (id, action, arn) =>
    id === operator.accessKeyId ||
    (action === 's3:GetObject' && arn.startsWith('arn:aws:s3:::media/public/')),
}

/** A keyring whose only key is the operator's, which every role has. */
export const operatorKeyring: Keyring = {
  operator,
  issue: () => operator,
  secretOf: id => (id === operator.accessKeyId ? operator.secretAccessKey : undefined),
  authorize: () => true,
}

export const clientOf = (endpoint: string, credentials = operator) =>
  new S3Client({ endpoint, region, credentials, maxAttempts: 1 })

/**
 * As every client that presigns must be made, else the URL carries the checksum of an empty body.
 */
export const presignerOf = (endpoint: string, credentials = operator) =>
  new S3Client({ endpoint, region, credentials, requestChecksumCalculation: 'WHEN_REQUIRED' })

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'local-s3-'))

/** A server with the bucket `media`, in a folder of its own unless one is given. */
export const serveMedia = async (
  o: BucketSettings & { folder?: string; notify?: (queueArn: string, body: string) => Promise<void> },
) => {
  const dataDir = o.folder ?? (await temporaryFolder())
  const s3 = await startS3({ port: 0, dataDir, region, keyring, notify: o.notify ?? (async () => {}) })
  s3.defineBucket('media', o)
  return {
    url: s3.url,
    client: clientOf(s3.url),
    blobs: () => readdir(join(dataDir, 'blobs')),
    close: async () => {
      await s3.close()
      if (!o.folder) await rm(dataDir, { recursive: true })
    },
  }
}

export type ServedMedia = Awaited<ReturnType<typeof serveMedia>>

/** Bytes that differ from chunk to chunk, so that a swapped or lost one is noticed. */
export function* film(sizeBytes: number): Generator<Buffer> {
  for (let offset = 0; offset < sizeBytes; offset += MIB)
    yield Buffer.alloc(Math.min(MIB, sizeBytes - offset), 1 + offset / MIB)
}

export const md5Of = async (chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> => {
  const hash = createHash('md5')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

export const codeIn = async (response: Response) => /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]
