import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { serveLocally } from '../../machine/listen.ts'
import { REQUEST_LIMIT_BYTES } from '../lambda/invocation.ts'
import type { InvocationResult } from '../lambda/server.ts'
import {
  type Answer,
  type GatewayResponse,
  type GatewayResponseType,
  renderGatewayResponse,
  type Variables,
} from './gateway-response.ts'
import { mockAnswer } from './mock-answer.ts'
import { createFindRoute, type Match } from './openapi-routes.ts'
import { proxyAnswer } from './proxy-answer.ts'
import { proxyEvent } from './proxy-event.ts'
import { readBody, sourceIp } from './request-parts.ts'

export type RestGateway = { url: string; close(): Promise<void> }

type Body = {
  paths?: Record<string, Record<string, unknown>>
  'x-amazon-apigateway-binary-media-types'?: string[]
  'x-amazon-apigateway-gateway-responses'?: Record<string, GatewayResponse>
}

const BODY_LIMIT_BYTES = 10 * 1024 * 1024
const HEADER_LIMIT_BYTES = 10_240
const FORBIDDEN: Answer = {
  status: 403,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"Forbidden"}',
}
const INTERNAL_ERROR: Answer = {
  status: 500,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"Internal server error"}',
}

const send = (response: ServerResponse, answer: Answer, requestId: string) => {
  const body = Buffer.from(answer.body)
  const bodiless = answer.status === 204 || answer.status === 304
  const headers = {
    ...answer.headers,
    'x-amzn-requestid': requestId,
    ...(bodiless ? {} : { 'content-length': body.length }),
  }
  response
    .writeHead(answer.status, headers)
    .end(bodiless || response.req.method === 'HEAD' ? undefined : body)
}

/**
 * Serves an API Gateway REST API from its OpenAPI body, with the real gateway's events, answers and
 * limits. Logs neither headers, bodies nor queries.
 */
export const startRestGateway = async (o: {
  port: number
  body: object
  stageName: string
  invoke: (functionName: string, event: unknown) => Promise<InvocationResult>
  log: (line: object) => void
}): Promise<RestGateway> => {
  const definition = o.body as Body
  const findRoute = createFindRoute(definition.paths ?? {})
  const responses = definition['x-amazon-apigateway-gateway-responses'] ?? {}
  const binaryMediaTypes = definition['x-amazon-apigateway-binary-media-types'] ?? []
  const prefix = `/${o.stageName}`
  let domainName = ''

  const callFunction = async (
    match: Match,
    event: object,
    timeoutMs: number,
  ): Promise<Answer | GatewayResponseType> => {
    if (Buffer.byteLength(JSON.stringify(event)) > REQUEST_LIMIT_BYTES) return 'REQUEST_TOO_LARGE'
    if (match.integration.type !== 'function') return 'API_CONFIGURATION_ERROR'
    const timer = new AbortController()
    const timeout = delay(timeoutMs, 'timeout' as const, { signal: timer.signal }).catch(
      () => 'timeout' as const,
    )
    const result = await Promise.race([o.invoke(match.integration.functionName, event), timeout])
    timer.abort()
    if (result === 'timeout') return 'INTEGRATION_TIMEOUT'
    const decodesBinary = binaryMediaTypes.length > 0
    return (result.ok && proxyAnswer(result.payload, decodesBinary)) || 'API_CONFIGURATION_ERROR'
  }

  const answerRequest = async (
    request: IncomingMessage,
    url: URL,
    match: Match | undefined,
    requestId: string,
  ): Promise<Answer | GatewayResponseType> => {
    const body = await readBody(request, BODY_LIMIT_BYTES)
    // Whatever the template says: for a body over its limit API Gateway does not let this answer be
    // customised.
    if (body === 'too-large') return renderGatewayResponse({}, 'REQUEST_TOO_LARGE', '', () => undefined)
    if (!match) return 'MISSING_AUTHENTICATION_TOKEN'
    if (match.integration.type === 'mock')
      return (
        mockAnswer(match.integration, variablesOf(request, match, requestId)) ?? 'API_CONFIGURATION_ERROR'
      )
    const event = proxyEvent({
      request,
      match,
      url,
      body,
      binaryMediaTypes,
      stageName: o.stageName,
      domainName,
      requestId,
    })
    return callFunction(match, event, match.integration.timeoutMs)
  }

  const variablesOf = (request: IncomingMessage, match: Match | undefined, requestId: string): Variables => {
    const known: Record<string, string | undefined> = {
      'context.requestId': requestId,
      'context.extendedRequestId': requestId,
      'context.stage': o.stageName,
      'context.httpMethod': request.method,
      'context.path': request.url?.split('?')[0],
      'context.resourcePath': match?.resourcePath,
      'context.domainName': domainName,
      'context.identity.sourceIp': sourceIp(request),
    }
    const header = 'method.request.header.'
    return path =>
      path.startsWith(header)
        ? request.headers[path.slice(header.length).toLowerCase()]?.toString()
        : known[path]
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const startedAt = Date.now()
    const requestId = randomUUID()
    const url = URL.parse(`http://${domainName}${request.url}`)
    const inStage = url?.pathname === prefix || url?.pathname.startsWith(`${prefix}/`)
    if (request.url === '/')
      return send(response, { status: 302, headers: { location: `${prefix}/docs` }, body: '' }, requestId)
    if (!url || !inStage) return send(response, FORBIDDEN, requestId)
    const match = findRoute(request.method!, url.pathname.slice(prefix.length) || '/')
    const outcome = await answerRequest(request, url, match, requestId)
    const answer =
      typeof outcome === 'string'
        ? renderGatewayResponse(
            responses,
            outcome,
            request.headers.accept ?? '',
            variablesOf(request, match, requestId),
          )
        : outcome
    send(response, answer, requestId)
    const resourcePath = match?.resourcePath ?? '(no route)'
    o.log({
      method: request.method,
      resourcePath,
      status: answer.status,
      durationMs: Date.now() - startedAt,
      requestId,
    })
  }

  const serve = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch(error => {
      o.log({ method: request.method, error: String(error) })
      if (response.headersSent) response.destroy()
      else send(response, INTERNAL_ERROR, '')
    })
  }
  const { url, close } = await serveLocally(serve, { port: o.port, maxHeaderSize: HEADER_LIMIT_BYTES })
  domainName = new URL(url).host
  return { url: `${url}${prefix}`, close }
}
