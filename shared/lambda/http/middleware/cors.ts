import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { isAllowedOrigin } from '../../../kernel/origins.ts'

/**
 * Lets exactly the given origins read the answers, errors included. Preflights are answered by the
 * gateway.
 */
export const cors = (
  allowedOrigins: readonly string[],
): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> => {
  const allow = ({
    event,
    response,
  }: {
    event: APIGatewayProxyEvent
    response: APIGatewayProxyResult | null | undefined
  }) => {
    if (!response) return
    const headers = event.headers ?? {}
    const origin = headers.origin ?? headers.Origin
    response.headers = {
      ...response.headers,
      Vary: [response.headers?.Vary, 'Origin'].filter(Boolean).join(', '),
      ...(origin &&
        isAllowedOrigin(allowedOrigins, origin) && {
          'Access-Control-Allow-Origin': origin,
          'Access-Control-Expose-Headers': EXPOSED,
        }),
    }
  }
  return { after: allow, onError: allow } as MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult>
}

const EXPOSED = 'ETag, Location, Retry-After, X-Request-Id'
