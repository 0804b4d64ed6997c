import { createReadStream, createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { Credentials } from '../../iam/keyring.ts'
import { REGION } from '../../machine/place.ts'

export type ObjectAddress = { bucket: string; key: string }

/** `s3://bucket/key` -> its parts; undefined for anything else. */
export const parseS3Uri = (uri: string): ObjectAddress | undefined => {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/.exec(uri)
  return match ? { bucket: match[1]!, key: match[2]! } : undefined
}

/**
 * How an engine reads and writes objects: through S3's own protocol, as the role whose keys these
 * are.
 */
export const objectsFor = (s3: { url: string; credentials: Credentials }) => {
  const client = new S3Client({
    endpoint: s3.url,
    region: REGION,
    forcePathStyle: true,
    credentials: s3.credentials,
  })
  return {
    sizeOf: async ({ bucket, key }: ObjectAddress): Promise<number> =>
      (await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).ContentLength ?? 0,
    download: async ({ bucket, key }: ObjectAddress, file: string, signal?: AbortSignal): Promise<void> => {
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
        abortSignal: signal,
      })
      await pipeline(answer.Body as Readable, createWriteStream(file), { signal })
    },
    upload: async (
      { bucket, key }: ObjectAddress,
      content: string | { file: string },
      type: string,
      signal?: AbortSignal,
    ): Promise<void> => {
      const body = typeof content === 'string' ? content : createReadStream(content.file)
      signal?.throwIfAborted()
      const upload = new Upload({
        client,
        params: { Bucket: bucket, Key: key, Body: body, ContentType: type },
      })
      signal?.addEventListener('abort', () => upload.abort(), { once: true })
      await upload.done()
    },
    close: () => client.destroy(),
  }
}

export type Objects = ReturnType<typeof objectsFor>

/** Describes a failure of S3 in the terms the engines report it. */
export const objectFailure = (error: unknown): 'missing' | 'denied' | undefined => {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } }
  if (
    name === 'NoSuchKey' ||
    name === 'NotFound' ||
    name === 'NoSuchBucket' ||
    $metadata?.httpStatusCode === 404
  )
    return 'missing'
  if ($metadata?.httpStatusCode === 403) return 'denied'
  return undefined
}
