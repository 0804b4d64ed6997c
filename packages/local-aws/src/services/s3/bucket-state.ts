import type { Blobs } from './blobs.ts'
import type { Catalog, StoredObject } from './catalog.ts'
import type { CorsRule } from './cors.ts'
import { type CreatedBy, type NotificationRule, noticesOf } from './notifications.ts'
import { s3Error } from './s3-error.ts'
import type { S3Request } from './s3-request.ts'
import type { Identity, Trust } from './signature.ts'

export type BucketSettings = { cors?: CorsRule[]; notifications?: NotificationRule[] }

/** The state that every operation works on. */
export type BucketState = {
  catalog: Catalog
  blobs: Blobs
  trust: Trust
  settings: Map<string, BucketSettings>
  wakeDelivery: () => void
}

const arnOf = (bucket: string, key: string) => `arn:aws:s3:::${bucket}${key && `/${key}`}`

export const isAllowed = (
  { trust }: BucketState,
  identity: Identity,
  action: string,
  bucket: string,
  key = '',
): boolean => trust.keyring.authorize(identity.accessKeyId, action, arnOf(bucket, key))

/**
 * Throws AccessDenied unless the caller's role allows the action; `prefix` is the one that a
 * listing asks for.
 */
export const requireAllowed = (
  { trust }: BucketState,
  identity: Identity,
  action: string,
  { bucket, key = '', prefix }: { bucket: string; key?: string; prefix?: string | undefined },
): void => {
  if (
    trust.keyring.authorize(
      identity.accessKeyId,
      action,
      arnOf(bucket, key),
      prefix === undefined ? {} : { 's3:prefix': prefix },
    )
  )
    return
  throw s3Error(
    'AccessDenied',
    `${identity.accessKeyId} is not authorized to perform: ${action} on "${bucket}${key && `/${key}`}"`,
  )
}

const KEPT_HEADERS = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
]

/** The metadata that an object keeps, from the headers of a request or the fields of a form. */
export const keptHeaders = (from: Record<string, string>): Record<string, string> => {
  const kept = Object.entries(from).filter(
    ([name, value]) => (KEPT_HEADERS.includes(name) || name.startsWith('x-amz-meta-')) && value !== '',
  )
  const headers = { 'content-type': 'binary/octet-stream', ...Object.fromEntries(kept) } as Record<
    string,
    string
  >
  const encodings = (headers['content-encoding'] ?? '')
    .split(',')
    .filter(encoding => !['', 'aws-chunked'].includes(encoding.trim()))
  const { 'content-encoding': _, ...others } = headers
  return encodings.length > 0 ? { ...others, 'content-encoding': encodings.join(',').trim() } : others
}

/** Makes the object visible and its notifications due, together; then drops what it replaced. */
export const commitObject = async (
  state: BucketState,
  request: S3Request,
  identity: Identity,
  creation: { key: string; by: CreatedBy; object: StoredObject; uploadId?: string },
): Promise<void> => {
  const { key, by, object, uploadId } = creation
  const { bucket, id: requestId } = request
  const address = request.message.socket.remoteAddress ?? ''
  const details = {
    region: state.trust.region,
    accessKeyId: identity.accessKeyId,
    requestId,
    address,
    bucket,
    key,
    object,
    by,
  }
  const notices = noticesOf(state.settings.get(bucket)?.notifications ?? [], details)
  const stale = state.catalog.putObject(bucket, key, object, notices, uploadId)
  state.wakeDelivery()
  await state.blobs.discard(stale)
}
