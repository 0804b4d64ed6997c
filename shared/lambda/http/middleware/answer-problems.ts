import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { createProblem, isProblem } from '../../../kernel/problem.ts'
import type { Logger } from '../../../observability/logger.ts'
import { problemDocument } from '../problem-document.ts'

const INTERNAL = {
  status: 500,
  title: 'Something went wrong',
  detail: 'Something went wrong on our side. Try again.',
}

/**
 * Expected failures become problem documents; everything else is logged once with its cause and
 * answered as a bare 500.
 */
export const answerProblems = (log: Logger): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> => ({
  onError: request => {
    const { requestId } = request.event.requestContext
    const error = request.error
    if (!isProblem(error))
      log.error('Request failed', { requestId, resource: request.event.resource, error: error as Error })
    const problem = isProblem(error) ? error : createProblem('internal', INTERNAL)
    const retryAfter = problem.details.retryAfterSeconds
    request.response = {
      statusCode: problem.type.status,
      headers: {
        'Content-Type': 'application/problem+json',
        'Cache-Control': 'no-store',
        ...(problem.type.status === 401 && { 'WWW-Authenticate': 'Bearer' }),
        ...(typeof retryAfter === 'number' && { 'Retry-After': String(Math.ceil(retryAfter)) }),
      },
      body: JSON.stringify(problemDocument(problem, requestId)),
    }
  },
})
