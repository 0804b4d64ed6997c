import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { s3Error } from './s3-error.ts'

export type S3Request = {
  id: string
  method: string
  /** As signed: decoded and encoded again the way AWS does it. */
  path: string
  bucket: string
  key: string
  query: Record<string, string>
  headers: Record<string, string>
  /** The message itself; bodies are read through readPayload. */
  message: IncomingMessage
}

export type Answer = { status: number; headers?: Record<string, string | number>; body?: string | Readable }

const encodeSegment = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** Percent-encodes everything but unreserved characters and slashes. */
export const encodePath = (path: string): string => path.split('/').map(encodeSegment).join('/')

/**
 * Headers are bytes: text from elsewhere travels in them as UTF-8. Throws InvalidArgument for what
 * no header can carry.
 */
export const asHeaderText = (text: string): string => {
  if ([...text].some(character => character < ' '))
    throw s3Error('InvalidArgument', 'A header value has control characters.')
  return Buffer.from(text).toString('latin1')
}

/** Path-style addressing only: /bucket/key. */
export const readRequest = (message: IncomingMessage, id: string): S3Request => {
  const [rawPath = '/', rawQuery = ''] = (message.url ?? '/').split(/\?(.*)/s)
  let path: string
  try {
    path = decodeURIComponent(rawPath)
  } catch {
    throw s3Error('InvalidURI')
  }
  const [bucket = '', key = ''] = path.slice(1).split(/\/(.*)/s)
  if (Buffer.byteLength(key) > 1024) throw s3Error('KeyTooLongError')
  return {
    id,
    method: message.method ?? 'GET',
    path: encodePath(path),
    bucket,
    key,
    query: Object.fromEntries(new URLSearchParams(rawQuery)),
    headers: Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [name, String(value)]),
    ),
    message,
  }
}
