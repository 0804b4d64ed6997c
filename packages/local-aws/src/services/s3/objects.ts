import type { Readable } from 'node:stream'
import { type BucketState, commitObject, isAllowed, keptHeaders, requireAllowed } from './bucket-state.ts'
import type { StoredObject } from './catalog.ts'
import { readPayload } from './payload.ts'
import { s3Error } from './s3-error.ts'
import { type Answer, asHeaderText, type S3Request } from './s3-request.ts'
import type { Identity } from './signature.ts'
import { toXml } from './xml.ts'

export const now = () => new Date().toISOString()

const OVERRIDES = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
]

/** A missing key is told only to those who may list; others are refused, as on AWS. */
const findObject = (state: BucketState, identity: Identity, bucket: string, key: string): StoredObject => {
  const object = state.catalog.findObject(bucket, key)
  if (object) return object
  if (!isAllowed(state, identity, 's3:ListBucket', bucket)) throw s3Error('AccessDenied')
  throw s3Error('NoSuchKey', undefined, { Key: key })
}

const namesETag = (header: string, eTag: string) =>
  header.split(',').some(tag => ['*', eTag].includes(tag.trim().replace(/^W\//, '').replaceAll('"', '')))

const isNotModified = (headers: Record<string, string>, object: StoredObject): boolean => {
  const seconds = Math.floor(Date.parse(object.lastModified) / 1000) * 1000
  const {
    'if-match': match,
    'if-none-match': noneMatch,
    'if-modified-since': since,
    'if-unmodified-since': until,
  } = headers
  if (
    match !== undefined ? !namesETag(match, object.eTag) : until !== undefined && seconds > Date.parse(until)
  ) {
    throw s3Error('PreconditionFailed')
  }
  return noneMatch !== undefined
    ? namesETag(noneMatch, object.eTag)
    : since !== undefined && seconds <= Date.parse(since)
}

/**
 * Start and end (exclusive) of a single range; undefined for what must be ignored. Throws
 * InvalidRange.
 */
const parseRange = (header: string | undefined, size: number): [number, number] | undefined => {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(Number(last) + 1, size)
  if (first !== '' && last !== '' && Number(last) < start) return undefined
  if (start >= end)
    throw s3Error('InvalidRange', undefined, { ActualObjectSize: size, RangeRequested: header! })
  return [start, end]
}

export const getObject = (state: BucketState, request: S3Request, identity: Identity): Answer => {
  const { bucket, key, headers, query, method } = request
  const object = findObject(state, identity, bucket, key)
  const described = {
    ...object.headers,
    etag: `"${object.eTag}"`,
    'last-modified': new Date(object.lastModified).toUTCString(),
    'accept-ranges': 'bytes',
  }
  if (isNotModified(headers, object)) return { status: 304, headers: described }
  const range = parseRange(headers.range, object.size)
  const [start, end] = range ?? [0, object.size]
  const overrides = OVERRIDES.flatMap(name => {
    const value = query[`response-${name}`]
    return value === undefined ? [] : [[name, asHeaderText(value)]]
  })
  return {
    status: range ? 206 : 200,
    headers: {
      ...described,
      ...Object.fromEntries(overrides),
      'content-length': end - start,
      ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${object.size}` } : {}),
    },
    body: method === 'HEAD' ? undefined : state.blobs.read(object.segments, start, end),
  }
}

/** Objects have no tags here, but the aws CLI asks for them before it copies. */
export const getObjectTagging = (
  state: BucketState,
  { bucket, key }: S3Request,
  identity: Identity,
): Answer => {
  findObject(state, identity, bucket, key)
  return { status: 200, body: toXml('Tagging', { TagSet: '' }) }
}

export const putObject = async (
  state: BucketState,
  request: S3Request,
  identity: Identity,
): Promise<Answer> => {
  const { bucket, key, headers } = request
  const refuseExisting = () => {
    if (headers['if-none-match'] === '*' && state.catalog.findObject(bucket, key))
      throw s3Error('PreconditionFailed')
  }
  refuseExisting()
  const { segment, md5 } = await state.blobs.write(readPayload(request, identity))
  refuseExisting()
  const object = {
    size: segment.size,
    eTag: md5,
    lastModified: now(),
    headers: keptHeaders(headers),
    segments: [segment],
  }
  await commitObject(state, request, identity, { key, by: 'Put', object })
  return { status: 200, headers: { etag: `"${md5}"` } }
}

const COPY_SOURCE = 'x-amz-copy-source-'

/** The conditions on the source of a copy, under the names that they have in a GET. */
const copyConditions = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(`${COPY_SOURCE}if-`) ? [[name.slice(COPY_SOURCE.length), value]] : [],
    ),
  )

/**
 * The object that x-amz-copy-source names, if the caller may read it and it meets the conditions.
 */
const copySource = (state: BucketState, request: S3Request, identity: Identity) => {
  let source: string
  try {
    source = decodeURIComponent(request.headers['x-amz-copy-source']!.split('?')[0]!)
  } catch {
    throw s3Error('InvalidArgument', 'The copy source is not a valid path.')
  }
  const [bucket = '', key = ''] = source.replace(/^\//, '').split(/\/(.*)/s)
  requireAllowed(state, identity, 's3:GetObject', { bucket, key })
  if (!state.catalog.hasBucket(bucket)) throw s3Error('NoSuchBucket', undefined, { BucketName: bucket })
  const object = findObject(state, identity, bucket, key)
  // A condition that answers a GET with 304 refuses a copy too.
  if (isNotModified(copyConditions(request.headers), object)) throw s3Error('PreconditionFailed')
  return { bucket, key, object }
}

export const copyObject = async (
  state: BucketState,
  request: S3Request,
  identity: Identity,
): Promise<Answer> => {
  const source = copySource(state, request, identity)
  const isReplaced = request.headers['x-amz-metadata-directive'] === 'REPLACE'
  if (!isReplaced && source.bucket === request.bucket && source.key === request.key) {
    throw s3Error(
      'InvalidRequest',
      'This copy request is illegal because it is trying to copy an object to itself without changing it.',
    )
  }
  const object = {
    ...source.object,
    lastModified: now(),
    headers: isReplaced ? keptHeaders(request.headers) : source.object.headers,
    segments: await state.blobs.copy(source.object.segments),
  }
  await commitObject(state, request, identity, { key: request.key, by: 'Copy', object })
  return {
    status: 200,
    body: toXml('CopyObjectResult', { ETag: `"${object.eTag}"`, LastModified: object.lastModified }),
  }
}

/** The bytes that UploadPartCopy takes. */
export const readCopySource = (state: BucketState, request: S3Request, identity: Identity): Readable => {
  const { object } = copySource(state, request, identity)
  const [start, end] = parseRange(request.headers['x-amz-copy-source-range'], object.size) ?? [0, object.size]
  return state.blobs.read(object.segments, start, end)
}

export const deleteObject = async (state: BucketState, { bucket, key }: S3Request): Promise<Answer> => {
  await state.blobs.discard(state.catalog.deleteObject(bucket, key))
  return { status: 204 }
}
