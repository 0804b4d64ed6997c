import { type BucketState, isAllowed } from './bucket-state.ts'
import { readDocument } from './payload.ts'
import { s3Error } from './s3-error.ts'
import { type Answer, encodePath, type S3Request } from './s3-request.ts'
import type { Identity } from './signature.ts'
import { fromXml, toXml, type XmlNode } from './xml.ts'

const PAGE = 1000
const MAX_DELETES = 1000

export const listBuckets = ({ catalog }: BucketState): Answer => {
  const Bucket = catalog.listBuckets().map(({ name, createdAt }) => ({ Name: name, CreationDate: createdAt }))
  return {
    status: 200,
    body: toXml('ListAllMyBucketsResult', { Owner: { ID: 'local' }, Buckets: { Bucket } }),
  }
}

export const createBucket = ({ catalog }: BucketState, { bucket }: S3Request): Answer => {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw s3Error('InvalidBucketName')
  catalog.createBucket(bucket)
  return { status: 200, headers: { location: `/${bucket}` } }
}

export const headBucket = ({ trust }: BucketState): Answer => ({
  status: 200,
  headers: { 'x-amz-bucket-region': trust.region },
})

export const getBucketLocation = ({ trust }: BucketState): Answer => ({
  status: 200,
  body: toXml('LocationConstraint', trust.region === 'us-east-1' ? '' : trust.region),
})

export const pageSize = (text: string | undefined): number => {
  if (text === undefined) return PAGE
  if (!/^\d+$/.test(text)) throw s3Error('InvalidArgument', 'The page size must be a whole number from 0.')
  return Math.min(Number(text), PAGE)
}

/** Both versions of ListObjects; a continuation token is the last name of the page before. */
export const listObjects = ({ catalog }: BucketState, { bucket, query }: S3Request): Answer => {
  const isV2 = query['list-type'] === '2'
  const { prefix = '', delimiter = '', 'continuation-token': token } = query
  const maxKeys = pageSize(query['max-keys'])
  const after =
    token === undefined
      ? ((isV2 ? query['start-after'] : query.marker) ?? '')
      : Buffer.from(token, 'base64url').toString()
  const encoded = (text: string) => (query['encoding-type'] === 'url' ? encodePath(text) : text)

  const contents: XmlNode[] = []
  const groups: string[] = []
  let last = after
  let isTruncated = false
  for (const [key, object] of catalog.listObjects(bucket, prefix, after)) {
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const name = cut < 0 ? key : key.slice(0, cut + delimiter.length)
    if (name === last) continue
    isTruncated = contents.length + groups.length === maxKeys
    if (isTruncated) break
    last = name
    if (cut >= 0) groups.push(name)
    else
      contents.push({
        Key: encoded(key),
        LastModified: object.lastModified,
        ETag: `"${object.eTag}"`,
        Size: object.size,
        StorageClass: 'STANDARD',
      })
  }
  isTruncated &&= maxKeys > 0

  const shared = {
    Name: bucket,
    Prefix: encoded(prefix),
    Delimiter: delimiter === '' ? undefined : encoded(delimiter),
    MaxKeys: maxKeys,
    EncodingType: query['encoding-type'],
    IsTruncated: isTruncated,
    Contents: contents,
    CommonPrefixes: groups.map(group => ({ Prefix: encoded(group) })),
  }
  const page = isV2
    ? {
        KeyCount: contents.length + groups.length,
        ContinuationToken: token,
        StartAfter: query['start-after'] === undefined ? undefined : encoded(query['start-after']),
        NextContinuationToken: isTruncated ? Buffer.from(last).toString('base64url') : undefined,
      }
    : { Marker: encoded(query.marker ?? ''), NextMarker: isTruncated ? encoded(last) : undefined }
  return { status: 200, body: toXml('ListBucketResult', { ...shared, ...page }) }
}

/** Each key is judged for itself, as on AWS. */
export const deleteObjects = async (
  state: BucketState,
  request: S3Request,
  identity: Identity,
): Promise<Answer> => {
  const { Object: entries, Quiet } = fromXml(await readDocument(request, identity), 'Delete')
  if (
    !Array.isArray(entries) ||
    entries.length > MAX_DELETES ||
    entries.some(entry => typeof entry?.Key !== 'string')
  )
    throw s3Error('MalformedXML')
  const keys: string[] = entries.map(entry => entry.Key)
  const isDeletable = (key: string) => isAllowed(state, identity, 's3:DeleteObject', request.bucket, key)
  const deleted = keys.filter(isDeletable)
  await state.blobs.discard(deleted.flatMap(key => state.catalog.deleteObject(request.bucket, key)))
  const refused = keys
    .filter(key => !isDeletable(key))
    .map(key => ({ Key: key, Code: 'AccessDenied', Message: 'Access Denied' }))
  return {
    status: 200,
    body: toXml('DeleteResult', {
      Deleted: Quiet === 'true' ? [] : deleted.map(Key => ({ Key })),
      Error: refused,
    }),
  }
}
