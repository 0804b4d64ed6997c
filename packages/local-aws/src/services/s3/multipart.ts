import { createHash, randomUUID } from 'node:crypto'
import { type BucketState, commitObject, keptHeaders } from './bucket-state.ts'
import { pageSize } from './buckets.ts'
import { now, readCopySource } from './objects.ts'
import { readDocument, readPayload } from './payload.ts'
import { s3Error } from './s3-error.ts'
import { type Answer, encodePath, type S3Request } from './s3-request.ts'
import type { Identity } from './signature.ts'
import { fromXml, toXml } from './xml.ts'

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const MIN_PART_BYTES = 5 * 1024 ** 2
const MAX_PARTS = 10_000

const findUpload = ({ catalog }: BucketState, { bucket, key, query }: S3Request) => {
  const id = query.uploadId ?? ''
  const upload = catalog.findUpload(id)
  if (upload?.bucket !== bucket || upload.key !== key)
    throw s3Error('NoSuchUpload', undefined, { UploadId: id })
  return { id, ...upload }
}

export const createMultipartUpload = (
  { catalog }: BucketState,
  { bucket, key, headers }: S3Request,
): Answer => {
  const id = randomUUID()
  catalog.createUpload(id, { bucket, key, initiated: now(), headers: keptHeaders(headers) })
  return {
    status: 200,
    body: toXml('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id }),
  }
}

export const uploadPart = async (
  state: BucketState,
  request: S3Request,
  identity: Identity,
): Promise<Answer> => {
  const upload = findUpload(state, request)
  const number = Number(request.query.partNumber)
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS) {
    throw s3Error('InvalidArgument', `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`)
  }
  const isCopy = request.headers['x-amz-copy-source'] !== undefined
  const source = isCopy ? readCopySource(state, request, identity) : readPayload(request, identity)
  const { segment, md5 } = await state.blobs.write(source)
  const part = { number, size: segment.size, eTag: md5, lastModified: now(), segment }
  const stale = state.catalog.putPart(upload.id, part)
  await state.blobs.discard(stale ?? [segment])
  if (!stale) throw s3Error('NoSuchUpload', undefined, { UploadId: upload.id })
  if (isCopy)
    return {
      status: 200,
      body: toXml('CopyPartResult', { ETag: `"${md5}"`, LastModified: part.lastModified }),
    }
  return { status: 200, headers: { etag: `"${md5}"` } }
}

export const listParts = (state: BucketState, request: S3Request): Answer => {
  const upload = findUpload(state, request)
  const { 'part-number-marker': marker, 'max-parts': most } = request.query
  const maxParts = pageSize(most)
  const rest = state.catalog.findParts(upload.id).filter(part => part.number > Number(marker ?? 0))
  const page = rest.slice(0, maxParts)
  const body = toXml('ListPartsResult', {
    Bucket: upload.bucket,
    Key: upload.key,
    UploadId: upload.id,
    StorageClass: 'STANDARD',
    PartNumberMarker: marker ?? 0,
    NextPartNumberMarker: page.at(-1)?.number,
    MaxParts: maxParts,
    IsTruncated: rest.length > page.length,
    Part: page.map(part => ({
      PartNumber: part.number,
      LastModified: part.lastModified,
      ETag: `"${part.eTag}"`,
      Size: part.size,
    })),
  })
  return { status: 200, body }
}

/** All of them in one page: a machine of one developer has few. */
export const listMultipartUploads = ({ catalog }: BucketState, { bucket, query }: S3Request): Answer => {
  const { prefix = '', 'encoding-type': encoding } = query
  const uploads = catalog.listUploads(bucket).filter(upload => upload.key.startsWith(prefix))
  const body = toXml('ListMultipartUploadsResult', {
    Bucket: bucket,
    Prefix: prefix,
    EncodingType: encoding,
    IsTruncated: false,
    Upload: uploads.map(({ id, key, initiated }) => ({
      Key: encoding === 'url' ? encodePath(key) : key,
      UploadId: id,
      Initiated: initiated,
      StorageClass: 'STANDARD',
    })),
  })
  return { status: 200, body }
}

type NamedPart = { number: number; eTag: string }

const readNamedParts = (text: string): NamedPart[] => {
  const { Part: parts } = fromXml(text, 'CompleteMultipartUpload')
  if (!Array.isArray(parts) || parts.length === 0) throw s3Error('MalformedXML')
  const named = parts.map(part => ({
    number: Number(part?.PartNumber),
    eTag: String(part?.ETag).replaceAll('"', '').trim(),
  }))
  if (named.some((part, index) => index > 0 && part.number <= named[index - 1]!.number))
    throw s3Error('InvalidPartOrder')
  return named
}

export const completeMultipartUpload = async (
  state: BucketState,
  request: S3Request,
  identity: Identity,
): Promise<Answer> => {
  findUpload(state, request)
  const named = readNamedParts(await readDocument(request, identity))
  const upload = findUpload(state, request)
  const stored = new Map(state.catalog.findParts(upload.id).map(part => [part.number, part]))
  const parts = named.map(({ number, eTag }) => {
    const part = stored.get(number)
    if (part?.eTag !== eTag)
      throw s3Error('InvalidPart', undefined, { UploadId: upload.id, PartNumber: number, ETag: eTag })
    return part
  })
  const small = parts.slice(0, -1).find(part => part.size < MIN_PART_BYTES)
  if (small) {
    const details = {
      ProposedSize: small.size,
      MinSizeAllowed: MIN_PART_BYTES,
      PartNumber: small.number,
      ETag: small.eTag,
    }
    throw s3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', details)
  }
  const md5 = createHash('md5')
  for (const part of parts) md5.update(part.eTag, 'hex')
  const object = {
    size: parts.reduce((total, part) => total + part.size, 0),
    eTag: `${md5.digest('hex')}-${parts.length}`,
    lastModified: now(),
    headers: upload.headers,
    segments: parts.map(part => part.segment),
  }
  await commitObject(state, request, identity, {
    key: upload.key,
    by: 'CompleteMultipartUpload',
    object,
    uploadId: upload.id,
  })
  const Location = `http://${request.headers.host}${request.path}`
  const result = { Location, Bucket: upload.bucket, Key: upload.key, ETag: `"${object.eTag}"` }
  return { status: 200, body: toXml('CompleteMultipartUploadResult', result) }
}

export const abortMultipartUpload = async (state: BucketState, request: S3Request): Promise<Answer> => {
  const upload = findUpload(state, request)
  await state.blobs.discard(state.catalog.removeUpload(upload.id))
  return { status: 204 }
}
