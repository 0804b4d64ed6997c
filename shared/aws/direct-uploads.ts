import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

export type UploadedPart = { partNumber: number; sizeBytes: number; eTag: string }
export type MultipartUpload = { key: string; uploadId: string }

export type DirectUploads = ReturnType<typeof createDirectUploads>

/**
 * Lets clients send files straight to the bucket: nothing but the announced key, type and size fits
 * what is signed here.
 */
export const createDirectUploads = ({ client, bucket }: { client: S3Client; bucket: string }) => ({
  /** A presigned PUT could not bound the size; a POST policy can. */
  signPost: async (o: {
    key: string
    contentType: string
    minBytes: number
    maxBytes: number
    expiresSeconds: number
  }) => {
    // The package bundles a second S3 client, so it is imported on first use.
    const { createPresignedPost } = await import('@aws-sdk/s3-presigned-post')
    const { url, fields } = await createPresignedPost(client, {
      Bucket: bucket,
      Key: o.key,
      Fields: { 'Content-Type': o.contentType },
      Conditions: [['content-length-range', o.minBytes, o.maxBytes]],
      Expires: o.expiresSeconds,
    })
    return { url, fields }
  },

  /** Returns S3's id of the upload. */
  createMultipart: async ({ key, contentType }: { key: string; contentType: string }): Promise<string> => {
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ContentType: contentType }),
    )
    return UploadId!
  },

  /** A PUT link that takes exactly `sizeBytes`. */
  signPart: (
    o: MultipartUpload & { partNumber: number; sizeBytes: number; expiresSeconds: number },
  ): Promise<string> => {
    const command = new UploadPartCommand({
      Bucket: bucket,
      Key: o.key,
      UploadId: o.uploadId,
      PartNumber: o.partNumber,
      ContentLength: o.sizeBytes,
    })
    return getSignedUrl(client, command, { expiresIn: o.expiresSeconds })
  },

  /** Every page of them, in order; undefined when S3 no longer knows the upload. */
  listParts: async ({ key, uploadId }: MultipartUpload): Promise<UploadedPart[] | undefined> => {
    const parts: UploadedPart[] = []
    let marker: string | undefined
    do {
      const page = await unlessGone(
        client.send(
          new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId, PartNumberMarker: marker }),
        ),
      )
      if (!page) return undefined
      for (const { PartNumber, Size, ETag } of page.Parts ?? []) {
        parts.push({ partNumber: PartNumber!, sizeBytes: Size ?? 0, eTag: (ETag ?? '').replaceAll('"', '') })
      }
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined
    } while (marker)
    return parts
  },

  /** Returns false when S3 no longer knows the upload: it was completed or aborted before. */
  completeMultipart: async ({
    key,
    uploadId,
    parts,
  }: MultipartUpload & { parts: UploadedPart[] }): Promise<boolean> => {
    const Parts = parts.map(({ partNumber, eTag }) => ({ PartNumber: partNumber, ETag: `"${eTag}"` }))
    const command = new CompleteMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      MultipartUpload: { Parts },
    })
    return (await unlessGone(client.send(command))) !== undefined
  },

  /** Frees the parts; an upload that is gone counts as aborted. */
  abortMultipart: async ({ key, uploadId }: MultipartUpload): Promise<void> => {
    await unlessGone(
      client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId })),
    )
  },
})

const unlessGone = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer
  } catch (error) {
    if ((error as Error).name === 'NoSuchUpload') return undefined
    throw error
  }
}
