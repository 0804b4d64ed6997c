import { createHash, createHmac, type Hash, type Hmac, timingSafeEqual } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Credentials } from './keyring.ts'

export const ALGORITHM = 'AWS4-HMAC-SHA256'
/**
 * A request that is older or newer is refused:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
export const MAX_SKEW_MS = 15 * 60_000

/** The hash that SignatureV4 asks for, by node:crypto. */
class Sha256 {
  hash: Hash | Hmac
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string)
  }
  update(data: Uint8Array) {
    this.hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest()
  }
  reset() {}
}

/** Returns a signer of version 4. S3 alone signs paths as they are. */
export const createSigner = (
  credentials: Credentials,
  { region, service }: { region: string; service: string },
): SignatureV4 =>
  new SignatureV4({
    credentials,
    region,
    service,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
    applyChecksum: false,
  })

export type Authorization = {
  accessKeyId: string
  /** Of the credential: the day, the region, the service and `aws4_request`. */
  scope: string[]
  signedHeaders: string[]
  signature: string
}

/** Returns the parts of an Authorization header; undefined when it is not of version 4. */
export const readAuthorization = (header: string | undefined): Authorization | undefined => {
  if (!header?.startsWith(`${ALGORITHM} `)) return undefined
  const field = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(header)?.[1] ?? ''
  const [accessKeyId = '', ...scope] = field('Credential').split('/')
  return {
    accessKeyId,
    scope,
    signedHeaders: field('SignedHeaders').split(';'),
    signature: field('Signature'),
  }
}

/** Returns the moment of an x-amz-date; undefined for any other text. */
export const parseDate = (date: string | undefined): Date | undefined => {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date ?? '')
  if (!parts) return undefined
  const [, year, month, day, hour, minute, second] = parts
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

export type SignedMessage = {
  method: string
  /** As it stood in the request, still encoded. */
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  /** Needed where no header carries its hash. */
  body?: Uint8Array
}

/** Signs a message again, with the headers that its client signed, and returns the signature. */
export const signAgain = async (
  signer: SignatureV4,
  { headers, ...message }: SignedMessage,
  { signingDate, signedHeaders }: { signingDate: Date; signedHeaders: readonly string[] },
): Promise<string> => {
  const signed = Object.fromEntries(
    signedHeaders.flatMap(name => (name in headers ? [[name, headers[name]!]] : [])),
  )
  const request = { protocol: 'http:', hostname: '', ...message, headers: signed }
  const again = await signer.sign(request, { signingDate, signableHeaders: new Set(signedHeaders) })
  return again.headers.authorization!.split('Signature=')[1]!
}

export const equalSignatures = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))
