import { createHash, createHmac, type Hash, type Hmac, timingSafeEqual } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Keyring } from '../../iam/credentials.ts'
import { s3Error } from './s3-error.ts'
import type { S3Request } from './s3-request.ts'

const ALGORITHM = 'AWS4-HMAC-SHA256'
const MAX_SKEW_MS = 15 * 60_000
const MAX_EXPIRY_SECONDS = 7 * 24 * 3600

export type Trust = { keyring: Keyring; region: string }

/** The signer, and all that is needed to check the signatures inside a chunked body. */
export type Identity = { accessKeyId: string; signature: string; date: string; scope: string; sign: (text: string) => Promise<string> }

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

export const equalSignatures = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))

const parseDate = (date: string | undefined): Date => {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date ?? '')
  if (!parts) throw s3Error('AccessDenied', 'AWS authentication requires a valid x-amz-date.')
  const [, year, month, day, hour, minute, second] = parts
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

/** The signer of a credential scope. Throws when the key is unknown or the scope is not this server's. */
const signerOf = (credential: string, date: string | undefined, { keyring, region }: Trust) => {
  const signingDate = parseDate(date)
  const [accessKeyId = '', day, scopeRegion, service, terminator, ...rest] = credential.split('/')
  if (rest.length > 0 || service !== 's3' || terminator !== 'aws4_request' || day !== date!.slice(0, 8)) {
    throw s3Error(
      'AuthorizationHeaderMalformed',
      'The credential must be <key>/<date>/<region>/s3/aws4_request, of the date of the request.',
    )
  }
  if (scopeRegion !== region) {
    const message = `The authorization header is malformed; the region '${scopeRegion}' is wrong; expecting '${region}'`
    throw s3Error('AuthorizationHeaderMalformed', message, { Region: region })
  }
  const secretAccessKey = keyring.secretOf(accessKeyId)
  if (secretAccessKey === undefined) throw s3Error('InvalidAccessKeyId', undefined, { AWSAccessKeyId: accessKeyId })
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey },
    region,
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  })
  const identity = {
    accessKeyId,
    date: date!,
    scope: `${day}/${region}/s3/aws4_request`,
    sign: (text: string) => signer.sign(text, { signingDate }),
  }
  return { signer, signingDate, identity }
}

/** Only what the client says it signed takes part; every x-amz header and the host must be among it. */
const signedParts = (request: S3Request, names: string[], query: Record<string, string>) => {
  const unsigned = Object.keys(request.headers).filter(name => (name.startsWith('x-amz-') || name === 'host') && !names.includes(name))
  if (unsigned.length > 0) {
    throw s3Error('AccessDenied', 'There were headers present in the request which were not signed', {
      HeadersNotSigned: unsigned.join(', '),
    })
  }
  const headers = Object.fromEntries(names.flatMap(name => (name in request.headers ? [[name, request.headers[name]!]] : [])))
  return { method: request.method, protocol: 'http:', hostname: '', path: request.path, headers, query }
}

const verifyHeader = async (request: S3Request, trust: Trust): Promise<Identity> => {
  const field = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(request.headers.authorization ?? '')?.[1] ?? ''
  if (!request.headers.authorization?.startsWith(`${ALGORITHM} `)) {
    throw s3Error('InvalidRequest', `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`)
  }
  if (!request.headers['x-amz-content-sha256'])
    throw s3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
  const { signer, signingDate, identity } = signerOf(field('Credential'), request.headers['x-amz-date'], trust)
  if (Math.abs(Date.now() - signingDate.getTime()) > MAX_SKEW_MS) throw s3Error('RequestTimeTooSkewed')
  const names = field('SignedHeaders').split(';')
  const again = await signer.sign(signedParts(request, names, request.query), { signingDate, signableHeaders: new Set(names) })
  const signature = field('Signature')
  if (!equalSignatures(again.headers.authorization!.split('Signature=')[1]!, signature)) throw s3Error('SignatureDoesNotMatch')
  return { ...identity, signature }
}

const verifyPresigned = async (request: S3Request, trust: Trust): Promise<Identity> => {
  const { 'X-Amz-Signature': signature = '', ...query } = request.query
  const expiresIn = Number(query['X-Amz-Expires'])
  if (query['X-Amz-Algorithm'] !== ALGORITHM || !(expiresIn >= 1 && expiresIn <= MAX_EXPIRY_SECONDS)) {
    throw s3Error('AuthorizationQueryParametersError')
  }
  const { signer, signingDate, identity } = signerOf(query['X-Amz-Credential'] ?? '', query['X-Amz-Date'], trust)
  const names = (query['X-Amz-SignedHeaders'] ?? '').split(';')
  const parts = signedParts(request, names, query)
  // A presigned URL leaves its body out of the signature without saying so in a header.
  parts.headers['x-amz-content-sha256'] ??= 'UNSIGNED-PAYLOAD'
  const again = await signer.presign(parts, {
    signingDate,
    expiresIn,
    signableHeaders: new Set(names),
    unhoistableHeaders: new Set([...names, 'x-amz-content-sha256']),
    unsignableHeaders: new Set(['x-amz-content-sha256']),
  })
  if (!equalSignatures(String(again.query?.['X-Amz-Signature']), signature)) throw s3Error('SignatureDoesNotMatch')
  const ageMs = Date.now() - signingDate.getTime()
  if (ageMs < -MAX_SKEW_MS) throw s3Error('AccessDenied', 'Request is not yet valid')
  if (ageMs > expiresIn * 1000) throw s3Error('AccessDenied', 'Request has expired')
  return { ...identity, signature }
}

/** Checks the request by signing it again and comparing; answers who signed it. */
export const authenticate = async (request: S3Request, trust: Trust): Promise<Identity> => {
  if (request.headers.authorization) return verifyHeader(request, trust)
  if (request.query['X-Amz-Algorithm']) return verifyPresigned(request, trust)
  throw s3Error('AccessDenied')
}

/** The fields of a POST form: the signature is over the policy's text. */
export const authenticateForm = async (fields: Record<string, string>, trust: Trust): Promise<Identity> => {
  if (fields['x-amz-algorithm'] !== ALGORITHM || !fields.policy) throw s3Error('AccessDenied')
  const { identity } = signerOf(fields['x-amz-credential'] ?? '', fields['x-amz-date'], trust)
  const signature = fields['x-amz-signature'] ?? ''
  if (!equalSignatures(await identity.sign(fields.policy), signature)) throw s3Error('SignatureDoesNotMatch')
  return { ...identity, signature }
}
