import type { APIGatewayProxyEvent } from 'aws-lambda'
import type * as z from 'zod'
import { checkFields, type FieldError } from '../../contract/field-errors.ts'
import { MAX_JSON_BYTES } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import type { Route } from '../../contract/route.ts'

/**
 * Parses and validates what the route declares. All that is wrong is listed at once in a
 * `request.invalid` problem.
 */
export const readRequest = (route: Route, event: APIGatewayProxyEvent, publicBaseUrl?: string) => {
  const headers = Object.fromEntries(
    Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const bytes =
    event.body === null ? Buffer.alloc(0) : Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8')
  const limit = route.bodyLimitBytes ?? MAX_JSON_BYTES
  if (bytes.length > limit)
    throw problem('request.body_too_large', {
      detail: `The body may have ${limit} bytes at most.`,
      limitBytes: limit,
    })

  const coding = headers['content-encoding']?.trim().toLowerCase() || 'identity'
  if (bytes.length > 0 && coding !== 'identity')
    throw problem('request.unsupported_media_type', {
      detail: `Send the body as it is, without the content coding ${coding.slice(0, 20)}.`,
    })
  const contentType = headers['content-type'] ?? ''
  const isForm = route.form !== undefined && contentType.startsWith('multipart/form-data')
  const wrong: FieldError[] = []
  const check = (where: FieldError['in'], schema: z.ZodType | undefined, value: unknown) => {
    if (!schema) return undefined
    const { data, errors = [] } = checkFields(where, schema, value)
    wrong.push(...errors)
    return data
  }

  const params = check('path', route.params, event.pathParameters ?? {})
  const query = check('query', route.query, event.queryStringParameters ?? {})
  const body = isForm || !route.body ? undefined : check('body', route.body, readJson(bytes, contentType))
  if (wrong.length > 0) throw problem('request.invalid', { detail: describe(wrong), errors: wrong })

  return {
    params,
    query,
    body,
    form: isForm ? { bytes, contentType } : undefined,
    headers,
    baseUrl: publicBaseUrl ?? addressOf(event, headers),
    requestId: event.requestContext.requestId,
  }
}

const describe = (errors: FieldError[]): string =>
  errors.map(({ in: where, path, message }) => `${path || where}: ${message}`).join(' ')

/**
 * An absent body counts as an empty object, so that a route whose fields are all optional can be
 * called bare.
 */
const readJson = (bytes: Buffer, contentType: string): unknown => {
  if (bytes.length === 0) return {}
  if (contentType && !/^application\/([\w.+-]+\+)?json\b/i.test(contentType)) {
    throw problem('request.unsupported_media_type')
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw problem('request.body_not_json')
  }
}

/** Returns the address that the client has called: behind a CDN that is not the public one. */
const addressOf = (event: APIGatewayProxyEvent, headers: Record<string, string | undefined>): string =>
  `${headers['x-forwarded-proto'] ?? 'https'}://${event.requestContext.domainName}/${event.requestContext.stage}`
