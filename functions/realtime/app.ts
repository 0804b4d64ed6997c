import type { APIGatewayProxyWebsocketEventV2 } from 'aws-lambda'
import { type AnswerDeps, answerClient } from '../../shared/domain/events/answer-client.ts'
import { type OpenDeps, openConnection } from '../../shared/domain/events/open-connection.ts'
import { isProblem } from '../../shared/kernel/problem.ts'
import { logFaults } from '../../shared/lambda/log-faults.ts'
import type { Logger } from '../../shared/observability/logger.ts'

/** $connect carries what an HTTP request does. */
type ConnectEvent = APIGatewayProxyWebsocketEventV2 & {
  headers?: Record<string, string>
  queryStringParameters?: Record<string, string>
}

/** The three routes of the WebSocket API. */
export const createRealtimeApp = (deps: OpenDeps & AnswerDeps & { log: Logger }) => {
  const handle = async (event: APIGatewayProxyWebsocketEventV2): Promise<{ statusCode: number }> => {
    const { connectionId, eventType } = event.requestContext
    if (eventType === 'CONNECT') return connect(deps, event as ConnectEvent)
    if (eventType === 'DISCONNECT') await deps.connections.remove(connectionId)
    else await answerClient(deps, { connectionId, text: event.body ?? '' })
    return { statusCode: 200 }
  }
  return logFaults(handle, { log: deps.log, failureMessage: 'A WebSocket event was not handled' })
}

const connect = async (deps: OpenDeps & { log: Logger }, event: ConnectEvent) => {
  const { connectionId } = event.requestContext
  const headers = event.headers ?? {}
  try {
    await openConnection(deps, {
      connectionId,
      token: event.queryStringParameters?.token,
      origin: headers.Origin ?? headers.origin,
    })
    return { statusCode: 200 }
  } catch (error) {
    if (!isProblem(error)) throw error
    deps.log.info('Connection refused', { connectionId, code: error.code })
    return { statusCode: error.type.status }
  }
}
