import type { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NotFound,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { parseObjectUrl } from '../kernel/object-url.ts'

export type StoredObject = { key: string; sizeBytes: number; eTag: string }
export type ObjectHead = { sizeBytes: number; eTag: string; contentType: string }

export type Storage = ReturnType<typeof createStorage>

/** One bucket. Keys are plain (`users/…`), entity tags come without quotes. */
export const createStorage = ({ client, bucket }: { client: S3Client; bucket: string }) => {
  const list = async (prefix: string): Promise<StoredObject[]> => {
    const found: StoredObject[] = []
    let token: string | undefined
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
      )
      for (const { Key, Size, ETag } of page.Contents ?? [])
        found.push({ key: Key!, sizeBytes: Size ?? 0, eTag: unquote(ETag) })
      token = page.NextContinuationToken
    } while (token)
    return found
  }

  const remove = async (keys: readonly string[]): Promise<void> => {
    for (let start = 0; start < keys.length; start += DELETE_BATCH) {
      const Objects = keys.slice(start, start + DELETE_BATCH).map(Key => ({ Key }))
      const { Errors = [] } = await client.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
      )
      const first = Errors[0]
      if (first)
        throw new Error(
          `${Errors.length} objects stay, the first is ${first.Key}: ${first.Code} ${first.Message ?? ''}`,
        )
    }
  }

  return {
    bucket,
    list,

    /** Throws unless the bucket answers for this prefix. */
    touch: async (prefix: string): Promise<void> => {
      await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }))
    },

    /** Removes any number of objects; those that are not there count as removed. */
    remove,

    /**
     * Removes all under a prefix, which must end in a slash, except what lies under `keepPrefix`.
     */
    removePrefix: async (prefix: string, { keepPrefix }: { keepPrefix?: string } = {}): Promise<void> => {
      if (!/[^/]\/$/.test(prefix)) throw new Error(`not a folder's prefix: "${prefix}"`)
      const objects = await list(prefix)
      await remove(
        objects.map(object => object.key).filter(key => !keepPrefix || !key.startsWith(keepPrefix)),
      )
    },

    /** Returns the entity tag of what was stored. A stream needs its size. */
    put: async (
      key: string,
      body: Readable | Uint8Array | string,
      { contentType, sizeBytes }: { contentType: string; sizeBytes?: number },
    ): Promise<string> => {
      const { ETag } = await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          ContentType: contentType,
          ContentLength: sizeBytes,
        }),
      )
      return unquote(ETag)
    },

    /**
     * Copies an object of at most 5 GB with its headers, unless it is gone or has another entity
     * tag than `ifMatch`. The entity tag of an object that was not sent in parts stays the same.
     */
    copy: async (
      from: string,
      to: string,
      { ifMatch }: { ifMatch: string },
    ): Promise<'copied' | 'missing' | 'replaced'> => {
      const CopySource = encodeURIComponent(`${bucket}/${from}`)
      // Tags, of which uploads have none, would need permissions of their own.
      const command = new CopyObjectCommand({
        Bucket: bucket,
        Key: to,
        CopySource,
        CopySourceIfMatch: ifMatch,
        TaggingDirective: 'REPLACE',
      })
      try {
        await client.send(command)
        return 'copied'
      } catch (error) {
        const { name } = error as Error
        if (name === 'NoSuchKey') return 'missing'
        if (name === 'PreconditionFailed') return 'replaced'
        throw error
      }
    },

    /**
     * Throws the SDK's NoSuchKey when there is none, and PreconditionFailed when it has another
     * entity tag than `ifMatch`.
     */
    get: async (key: string, { ifMatch }: { ifMatch?: string } = {}): Promise<Readable> => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: ifMatch }))
      return Body as Readable
    },

    /** The text of a small object; undefined when there is none. */
    getText: async (key: string): Promise<string | undefined> => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        return await Body!.transformToString('utf-8')
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return undefined
        throw error
      }
    },

    /** Returns the facts of the object under a key; undefined when there is none. */
    head: async (key: string): Promise<ObjectHead | undefined> => {
      try {
        const { ContentLength, ETag, ContentType } = await client.send(
          new HeadObjectCommand({ Bucket: bucket, Key: key }),
        )
        return { sizeBytes: ContentLength ?? 0, eTag: unquote(ETag), contentType: ContentType ?? '' }
      } catch (error) {
        if (error instanceof NotFound) return undefined
        throw error
      }
    },

    /**
     * A link that works without headers for `expiresSeconds`, or until the session of the signing
     * role ends. Takes a key or an `s3://` url.
     */
    signGet: async (target: string, { expiresSeconds }: { expiresSeconds: number }): Promise<string> => {
      const { bucket: Bucket, key: Key } = target.startsWith('s3://')
        ? parseObjectUrl(target)
        : { bucket, key: target }
      const command = new GetObjectCommand({ Bucket, Key })
      return getSignedUrl(client, command, { expiresIn: expiresSeconds })
    },
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const DELETE_BATCH = 1000

const unquote = (eTag = ''): string => eTag.replaceAll('"', '')
