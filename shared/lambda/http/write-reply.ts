import type { APIGatewayProxyResult } from 'aws-lambda'
import type { Route } from '../../contract/route.ts'
import { fitBody } from './fit-body.ts'

export type Reply = {
  status: number
  body?: unknown
  content?: string | Buffer
  contentType?: string
  headers?: Record<string, string>
}

/**
 * The body goes through the route's schema, so nothing leaves that the contract does not name; a
 * field that does not fit is left out, and `onMended` hears of it.
 */
export const writeReply = (
  route: Route,
  { status, body, content, contentType, headers = {} }: Reply,
  onMended: (paths: string[]) => void,
): APIGatewayProxyResult => {
  const spec = route.responses[status]
  if (!spec) throw new Error(`${route.method} ${route.path} answered ${status}, which its row does not list`)
  if (content !== undefined) {
    const binary = typeof content !== 'string'
    return {
      statusCode: status,
      headers: { 'Content-Type': contentType ?? spec.contentType ?? 'application/octet-stream', ...headers },
      body: binary ? content.toString('base64') : content,
      isBase64Encoded: binary,
    }
  }
  if (!spec.schema) return { statusCode: status, headers, body: '' }
  return {
    statusCode: status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
    body: JSON.stringify(fitBody(spec.schema, body, onMended)),
  }
}
