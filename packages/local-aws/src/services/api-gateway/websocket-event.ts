import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { forwardedHeaders, lastValues, queryOf, requestTime, sourceIp } from './request-parts.ts'

export type RouteKey = '$connect' | '$disconnect' | '$default'

/** The facts of a connection that are known from its handshake on. */
export type Handshake = {
  connectionId: string
  connectedAt: number
  identity: { sourceIp: string; userAgent?: string }
  domainName: string
  stage: string
}

const EVENT_TYPES = { $connect: 'CONNECT', $disconnect: 'DISCONNECT', $default: 'MESSAGE' } as const

/** The request context of one event on a connection. */
export const requestContext = (handshake: Handshake, routeKey: RouteKey) => {
  const now = new Date()
  const requestId = randomUUID()
  return {
    routeKey,
    eventType: EVENT_TYPES[routeKey],
    messageDirection: 'IN',
    requestId,
    extendedRequestId: requestId,
    requestTime: requestTime(now),
    requestTimeEpoch: now.getTime(),
    apiId: 'local',
    ...(routeKey === '$default' ? { messageId: randomUUID() } : {}),
    ...handshake,
  }
}

export const connectEvent = (request: IncomingMessage, search: string, handshake: Handshake) => {
  const headers = forwardedHeaders(request)
  const query = queryOf(search)
  return {
    headers: lastValues(headers),
    multiValueHeaders: headers,
    ...(search.length > 1
      ? { queryStringParameters: lastValues(query), multiValueQueryStringParameters: query }
      : {}),
    requestContext: requestContext(handshake, '$connect'),
    isBase64Encoded: false,
  }
}

export const handshakeOf = (
  request: IncomingMessage,
  connectionId: string,
  domainName: string,
  stage: string,
): Handshake => {
  const userAgent = request.headers['user-agent']
  const identity = { sourceIp: sourceIp(request), ...(userAgent ? { userAgent } : {}) }
  return { connectionId, connectedAt: Date.now(), identity, domainName, stage }
}
