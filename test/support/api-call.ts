import { randomUUID } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { routes } from '../../shared/contract/index.ts'

export type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>
export type Call = { token?: string; body?: unknown; form?: FormData; headers?: Record<string, string> }
export type Answer = {
  status: number
  headers: Record<string, string>
  text: string
  bytes: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of a body
  body: any
}

const rows = Object.values(routes).map(route => ({
  route,
  pattern: new RegExp(`^${route.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}))

/** The function and event that API Gateway would make of a request to `/videos/1?x=y`. */
const toEvent = async (method: string, address: string, { token, body, form, headers = {} }: Call) => {
  const url = new URL(address, 'http://hub.test')
  const { route, pattern } = rows.find(row => row.route.method === method && row.pattern.test(url.pathname))!
  const encoded = form && new Response(form)
  const bytes = encoded
    ? Buffer.from(await encoded.arrayBuffer())
    : body === undefined
      ? undefined
      : Buffer.from(JSON.stringify(body))
  const contentType = encoded ? encoded.headers.get('content-type')! : 'application/json'
  const event = {
    httpMethod: method,
    resource: route.path,
    path: url.pathname,
    pathParameters: { ...url.pathname.match(pattern)?.groups },
    queryStringParameters: url.search ? Object.fromEntries(url.searchParams) : null,
    headers: {
      'X-Forwarded-Proto': 'http',
      ...(bytes && { 'Content-Type': contentType }),
      ...(token && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: bytes?.toString('base64') ?? null,
    isBase64Encoded: bytes !== undefined,
    requestContext: {
      requestId: randomUUID(),
      domainName: 'hub.test',
      stage: 'api',
      identity: { sourceIp: '127.0.0.1' },
    },
  }
  return { functionName: route.function, event: event as unknown as APIGatewayProxyEvent }
}

/**
 * Calls functions as API Gateway does, by the route table, and decodes what they answer; `bytes`
 * are as they were sent.
 */
export const createCaller =
  (handlers: Record<string, Handler>) =>
  async (method: string, address: string, call: Call = {}): Promise<Answer> => {
    const { functionName, event } = await toEvent(method, address, call)
    const answer = await handlers[functionName]!(event, {} as Context)
    const bytes = Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8')
    const headers = Object.fromEntries(
      Object.entries(answer.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
    )
    const text = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
    const isJson = /\bjson\b/.test(headers['content-type'] ?? '')
    return { status: answer.statusCode, headers, text, bytes, body: isJson ? JSON.parse(text) : undefined }
  }
