import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import type { Logger } from '../../../observability/logger.ts'

/**
 * One line a request. Never a query string, a header or a body: those carry tokens and people's
 * text.
 */
export const logRequests = (log: Logger): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> => {
  let startedAt = 0
  const finish = ({
    event,
    response,
  }: {
    event: APIGatewayProxyEvent
    response: APIGatewayProxyResult | null | undefined
  }) => {
    const { requestId } = event.requestContext
    if (response) response.headers = { ...response.headers, 'X-Request-Id': requestId }
    log.info('Request answered', {
      requestId,
      method: event.httpMethod,
      resource: event.resource,
      status: response?.statusCode,
      durationMs: Math.round(performance.now() - startedAt),
    })
  }
  return {
    before: () => {
      startedAt = performance.now()
    },
    after: finish,
    onError: finish,
  } as MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult>
}
