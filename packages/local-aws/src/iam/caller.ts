import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { RequestContext } from './conditions.ts'
import type { Keyring } from './credentials.ts'

/** An error as the AWS JSON protocols write it. */
export class AwsError extends Error {
  readonly type: string
  readonly status: number
  constructor(type: string, message: string, status = 400) {
    super(message)
    this.name = type
    this.type = type
    this.status = status
  }
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')

/** The access key that signed a `POST /` of an AWS JSON protocol; throws when it is unknown or the signature (version 4) does not fit. */
export const callerOf = (headers: IncomingHttpHeaders, body: Uint8Array, keyring: Keyring): string => {
  const field = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(headers.authorization ?? '')?.[1] ?? ''
  const [accessKeyId = '', ...scope] = field('Credential').split('/')
  const secret = keyring.secretOf(accessKeyId)
  if (!secret) throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
  const signed = field('SignedHeaders').split(';')
  const lines = signed.map(
    name =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replace(/\s+/g, ' ')}`,
  )
  const request = ['POST', '/', '', ...lines, '', signed.join(';'), sha256(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope.join('/'), sha256(request)].join('\n')
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secret}`)
  const expected = hmac(key, text)
  const given = Buffer.from(field('Signature'), 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new AwsError('InvalidSignatureException', 'The request signature we calculated does not match the signature you provided.')
  return accessKeyId
}

/** Throws AccessDeniedException unless the caller's role allows the action on the resource. */
export const demand = (keyring: Keyring, accessKeyId: string, action: string, resourceArn: string, context?: RequestContext): void => {
  if (keyring.authorize(accessKeyId, action, resourceArn, context)) return
  const holder = keyring.holderOf?.(accessKeyId) ?? accessKeyId
  const text = `${holder} is not authorized to perform: ${action} on resource: ${resourceArn}, because no policy of the template allows it`
  throw new AwsError('AccessDeniedException', text)
}
