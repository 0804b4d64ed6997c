import type { IncomingHttpHeaders } from 'node:http'
import type { RequestContext } from './conditions.ts'
import type { Keyring } from './keyring.ts'
import {
  createSigner,
  equalSignatures,
  MAX_SKEW_MS,
  parseDate,
  readAuthorization,
  signAgain,
} from './signature.ts'

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

type Request = { method?: string | undefined; url?: string | undefined; headers: IncomingHttpHeaders }

/**
 * Returns the access key that signed a request. Throws when it is unknown, the signature (version
 * 4) does not fit, or the request is more than 15 minutes old.
 */
export const callerOf = async (
  { method, url, headers }: Request,
  body: Uint8Array,
  keyring: Keyring,
): Promise<string> => {
  const authorization = readAuthorization(headers.authorization)
  if (!authorization)
    throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token', 403)
  const { accessKeyId, scope, signedHeaders, signature } = authorization
  const [, region = '', service = ''] = scope
  const secretAccessKey = keyring.secretOf(accessKeyId)
  if (!secretAccessKey)
    throw new AwsError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
      403,
    )
  const signingDate = parseDate(String(headers['x-amz-date']))
  if (!signingDate || Math.abs(Date.now() - signingDate.getTime()) > MAX_SKEW_MS)
    throw new AwsError(
      'InvalidSignatureException',
      'Signature expired: the date of the request is too far from now.',
      403,
    )
  const { pathname, searchParams } = new URL(url ?? '/', 'http://local')
  const message = {
    method: method ?? 'POST',
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: textHeaders(headers),
    body,
  }
  const signer = createSigner({ accessKeyId, secretAccessKey }, { region, service })
  if (!equalSignatures(await signAgain(signer, message, { signingDate, signedHeaders }), signature))
    throw new AwsError(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided.',
      403,
    )
  return accessKeyId
}

const textHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

/** Throws AccessDeniedException unless the caller's role allows the action on the resource. */
export const demand = (
  keyring: Keyring,
  accessKeyId: string,
  action: string,
  resourceArn: string,
  context?: RequestContext,
): void => {
  if (keyring.authorize(accessKeyId, action, resourceArn, context)) return
  const holder = keyring.holderOf?.(accessKeyId) ?? accessKeyId
  const text = `${holder} is not authorized to perform: ${action} on resource: ${resourceArn}, because no policy of the template allows it`
  throw new AwsError('AccessDeniedException', text)
}
