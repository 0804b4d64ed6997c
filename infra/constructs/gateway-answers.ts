import { PROBLEMS, type ProblemCode } from '../../shared/contract/problems.ts'
import { anyPortPrefix } from '../../shared/kernel/origins.ts'
import type { ProblemType } from '../../shared/kernel/problem.ts'

const ALLOWED_HEADERS = 'Authorization,Content-Type,Accept,Idempotency-Key'
const PREFLIGHT_SECONDS = 7200
const ALLOW_ORIGIN = 'Access-Control-Allow-Origin'

const literal = (value: string) => `'${value}'`

/**
 * The mock integration that answers OPTIONS. API Gateway's parameters can only name one origin;
 * when there are several, the template names the caller's instead if it is on the list.
 */
export const preflight = (methods: readonly string[], origins: readonly string[]) => ({
  'x-amazon-apigateway-integration': {
    type: 'mock',
    // With */* as binary type the mock would otherwise fail on its own template.
    contentHandling: 'CONVERT_TO_TEXT',
    passthroughBehavior: 'never',
    requestTemplates: { 'application/json': '{"statusCode": 204}' },
    responses: {
      default: {
        statusCode: '204',
        // Without it a body of the type */* counts as binary, and the template below is not
        // rendered.
        contentHandling: 'CONVERT_TO_TEXT',
        responseParameters: {
          [`method.response.header.${ALLOW_ORIGIN}`]: literal(origins[0]!),
          'method.response.header.Access-Control-Allow-Methods': literal([...methods, 'OPTIONS'].join(',')),
          'method.response.header.Access-Control-Allow-Headers': literal(ALLOWED_HEADERS),
          'method.response.header.Access-Control-Max-Age': literal(String(PREFLIGHT_SECONDS)),
          'method.response.header.Vary': literal('Origin'),
        },
        ...(origins.length > 1 && {
          responseTemplates: { 'application/json': echoListedOrigin(origins.slice(1)) },
        }),
      },
    },
  },
})

const condition = (origin: string) => {
  const prefix = anyPortPrefix(origin)
  return prefix === undefined ? `$origin == "${origin}"` : `$origin.startsWith("${prefix}")`
}

const echoListedOrigin = (origins: readonly string[]) =>
  [
    '#set($origin = $input.params().header.get("Origin"))',
    '#if($origin == "")',
    '  #set($origin = $input.params().header.get("origin"))',
    '#end',
    `#if(${origins.map(condition).join(' || ')})`,
    `  #set($context.responseOverride.header.${ALLOW_ORIGIN} = $origin)`,
    '#end',
  ].join('\n')

/** API Gateway passes on only the headers that the method declares. */
const declared = (status: number, description: string, names: readonly string[]) => ({
  [status]: {
    description,
    headers: Object.fromEntries(names.map(name => [name, { schema: { type: 'string' } }])),
  },
})

export const preflightResponses = declared(204, 'Whether a page may call', [
  ALLOW_ORIGIN,
  'Access-Control-Allow-Methods',
  'Access-Control-Allow-Headers',
  'Access-Control-Max-Age',
  'Vary',
])

export const wrongMethodResponses = declared(405, 'The path knows other methods', [
  ALLOW_ORIGIN,
  'Allow',
  'Content-Type',
  'Vary',
])

/** API Gateway looks for the template of the request's type, and refuses a type without any. */
const REQUEST_TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  'multipart/form-data',
  'text/plain',
]

/** The mock integration that answers a method which a path does not know. It costs no function. */
export const wrongMethod = (methods: readonly string[], origins: readonly string[]) => {
  const { code, status, title, detail } = refusal('route.method_not_allowed')
  const document = JSON.stringify({ type: 'about:blank', title, status, code, retryable: false, detail })
  return {
    'x-amazon-apigateway-integration': {
      type: 'mock',
      contentHandling: 'CONVERT_TO_TEXT',
      passthroughBehavior: 'never',
      requestTemplates: Object.fromEntries(REQUEST_TYPES.map(type => [type, `{"statusCode": ${status}}`])),
      responses: {
        default: {
          statusCode: String(status),
          contentHandling: 'CONVERT_TO_TEXT',
          responseParameters: {
            [`method.response.header.${ALLOW_ORIGIN}`]: literal(origins[0]!),
            'method.response.header.Allow': literal([...methods, 'OPTIONS'].join(', ')),
            'method.response.header.Content-Type': literal('application/problem+json'),
            'method.response.header.Vary': literal('Origin'),
          },
          responseTemplates: {
            'application/json': [
              ...(origins.length > 1 ? [echoListedOrigin(origins.slice(1))] : []),
              document,
            ].join('\n'),
          },
        },
      },
    },
  }
}

type Refusal = ProblemType & { code: ProblemCode | 'internal'; detail: string }

const refusal = (code: ProblemCode, detail: string = PROBLEMS[code].detail): Refusal => ({
  ...PROBLEMS[code],
  code,
  detail,
})

const outage = (status: number, detail = 'Something went wrong on our side. Try again.'): Refusal => ({
  code: 'internal',
  title: 'Something went wrong',
  status,
  retryable: true,
  detail,
})

/** The gateway's own answers, given without a function, by API Gateway's name for the case. */
const refusals: Record<string, Refusal> = {
  MISSING_AUTHENTICATION_TOKEN: refusal('route.not_found'),
  RESOURCE_NOT_FOUND: refusal('route.not_found'),
  // Up to 10 MB arrive here, but Lambda takes 6 MB, and a body grows by a third in base64.
  REQUEST_TOO_LARGE: refusal(
    'upload.too_large',
    'File too large for a form, which takes 4 MB. Post its title, fileName, contentType and sizeBytes as application/json to /api/videos/upload; the answer says where to send the file.',
  ),
  UNSUPPORTED_MEDIA_TYPE: refusal('request.unsupported_media_type'),
  BAD_REQUEST_BODY: refusal('request.invalid'),
  BAD_REQUEST_PARAMETERS: refusal('request.invalid'),
  THROTTLED: refusal('rate.limited'),
  QUOTA_EXCEEDED: refusal('rate.limited'),
  INTEGRATION_TIMEOUT: outage(504, 'The answer took too long. Try again.'),
  INTEGRATION_FAILURE: outage(502),
  API_CONFIGURATION_ERROR: outage(502),
  // The document names its status, so the cases without a row of their own must agree on one.
  DEFAULT_4XX: {
    ...refusal('request.invalid', 'The request was refused.'),
    title: 'The request was refused',
  },
  DEFAULT_5XX: outage(500),
}

/** Problem documents for the gateway's own answers, readable for pages on the allowed origins. */
export const gatewayResponses = (origins: readonly string[]) =>
  Object.fromEntries(
    Object.entries(refusals).map(([type, answer]) => [type, gatewayResponse(answer, origins)]),
  )

const gatewayResponse = (
  { code, status, title, retryable = false, detail }: Refusal,
  origins: readonly string[],
) => ({
  statusCode: String(status),
  responseParameters: {
    // A gateway response knows no condition. Among several origins it must be readable for all: it
    // says nothing that is not public.
    [`gatewayresponse.header.${ALLOW_ORIGIN}`]: literal(origins.length === 1 ? origins[0]! : '*'),
    'gatewayresponse.header.Vary': literal('Origin'),
    'gatewayresponse.header.Content-Type': literal('application/problem+json'),
    'gatewayresponse.header.Cache-Control': literal('no-store'),
  },
  responseTemplates: {
    'application/json': JSON.stringify({
      type: 'about:blank',
      title,
      status,
      code,
      retryable,
      detail,
      requestId: '$context.requestId',
    }),
  },
})
