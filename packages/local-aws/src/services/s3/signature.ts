import type { Keyring } from '../../iam/keyring.ts'
import {
  ALGORITHM,
  createSigner,
  equalSignatures,
  MAX_SKEW_MS,
  parseDate,
  readAuthorization,
  signAgain,
} from '../../iam/signature.ts'
import { s3Error } from './s3-error.ts'
import type { S3Request } from './s3-request.ts'

const MAX_EXPIRY_SECONDS = 7 * 24 * 3600

export type Trust = { keyring: Keyring; region: string }

/** The signer, and all that is needed to check the signatures inside a chunked body. */
export type Identity = {
  accessKeyId: string
  signature: string
  date: string
  scope: string
  sign: (text: string) => Promise<string>
}

/**
 * The signer of a credential scope. Throws when the key is unknown or the scope is not this
 * server's.
 */
const signerOf = (credential: string, date: string | undefined, { keyring, region }: Trust) => {
  const signingDate = parseDate(date)
  if (!signingDate) throw s3Error('AccessDenied', 'AWS authentication requires a valid x-amz-date.')
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
  if (secretAccessKey === undefined)
    throw s3Error('InvalidAccessKeyId', undefined, { AWSAccessKeyId: accessKeyId })
  const signer = createSigner({ accessKeyId, secretAccessKey }, { region, service: 's3' })
  const identity = {
    accessKeyId,
    date: date!,
    scope: `${day}/${region}/s3/aws4_request`,
    sign: (text: string) => signer.sign(text, { signingDate }),
  }
  return { signer, signingDate, identity }
}

/** Throws unless every x-amz header and the host are among those that were signed. */
const requireSigned = ({ headers }: S3Request, signedHeaders: string[]) => {
  const unsigned = Object.keys(headers).filter(
    name => (name.startsWith('x-amz-') || name === 'host') && !signedHeaders.includes(name),
  )
  if (unsigned.length > 0) {
    throw s3Error('AccessDenied', 'There were headers present in the request which were not signed', {
      HeadersNotSigned: unsigned.join(', '),
    })
  }
}

const verifyHeader = async (request: S3Request, trust: Trust): Promise<Identity> => {
  const authorization = readAuthorization(request.headers.authorization)
  if (!authorization)
    throw s3Error(
      'InvalidRequest',
      `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
    )
  if (!request.headers['x-amz-content-sha256'])
    throw s3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
  const { accessKeyId, scope, signedHeaders, signature } = authorization
  const { signer, signingDate, identity } = signerOf(
    [accessKeyId, ...scope].join('/'),
    request.headers['x-amz-date'],
    trust,
  )
  if (Math.abs(Date.now() - signingDate.getTime()) > MAX_SKEW_MS) throw s3Error('RequestTimeTooSkewed')
  requireSigned(request, signedHeaders)
  const { method, path, query, headers } = request
  const again = await signAgain(signer, { method, path, query, headers }, { signingDate, signedHeaders })
  if (!equalSignatures(again, signature)) throw s3Error('SignatureDoesNotMatch')
  return { ...identity, signature }
}

const verifyPresigned = async (request: S3Request, trust: Trust): Promise<Identity> => {
  const { 'X-Amz-Signature': signature = '', ...query } = request.query
  const expiresIn = Number(query['X-Amz-Expires'])
  if (query['X-Amz-Algorithm'] !== ALGORITHM || !(expiresIn >= 1 && expiresIn <= MAX_EXPIRY_SECONDS)) {
    throw s3Error('AuthorizationQueryParametersError')
  }
  const { signer, signingDate, identity } = signerOf(
    query['X-Amz-Credential'] ?? '',
    query['X-Amz-Date'],
    trust,
  )
  const names = (query['X-Amz-SignedHeaders'] ?? '').split(';')
  requireSigned(request, names)
  const headers = Object.fromEntries(
    names.flatMap(name => (name in request.headers ? [[name, request.headers[name]!]] : [])),
  )
  const parts = {
    method: request.method,
    protocol: 'http:',
    hostname: '',
    path: request.path,
    headers,
    query,
  }
  // A presigned URL leaves its body out of the signature without saying so in a header.
  parts.headers['x-amz-content-sha256'] ??= 'UNSIGNED-PAYLOAD'
  const again = await signer.presign(parts, {
    signingDate,
    expiresIn,
    signableHeaders: new Set(names),
    unhoistableHeaders: new Set([...names, 'x-amz-content-sha256']),
    unsignableHeaders: new Set(['x-amz-content-sha256']),
  })
  if (!equalSignatures(String(again.query?.['X-Amz-Signature']), signature))
    throw s3Error('SignatureDoesNotMatch')
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
