import type { IncomingMessage } from 'node:http'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { ACCOUNT } from '../../machine/place.ts'
import type { Match } from './openapi-routes.ts'
import { forwardedHeaders, lastValues, queryOf, requestTime, sourceIp } from './request-parts.ts'

const orNull = <T extends object>(value: T): T | null => (Object.keys(value).length ? value : null)

const isBinary = (types: string[], contentType = 'application/json') =>
  types.includes('*/*') || types.includes(contentType.split(';')[0]!.trim().toLowerCase())

/** The event of API Gateway's Lambda proxy integration, version 1. */
export const proxyEvent = (o: {
  request: IncomingMessage
  match: Match
  url: URL
  body: Buffer
  binaryMediaTypes: string[]
  stageName: string
  domainName: string
  requestId: string
}): APIGatewayProxyEvent => {
  const { request, match, url } = o
  const now = new Date()
  const headers = forwardedHeaders(request)
  const query = queryOf(url.search)
  const base64 = o.body.length > 0 && isBinary(o.binaryMediaTypes, request.headers['content-type'])
  const path = url.pathname.slice(o.stageName.length + 1) || '/'
  return {
    resource: match.resourcePath,
    path,
    httpMethod: request.method!,
    headers: lastValues(headers),
    multiValueHeaders: headers,
    queryStringParameters: orNull(lastValues(query)),
    multiValueQueryStringParameters: orNull(query),
    pathParameters: orNull(match.pathParameters),
    stageVariables: null,
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'local',
      authorizer: null,
      domainName: o.domainName,
      domainPrefix: 'local',
      extendedRequestId: o.requestId,
      httpMethod: request.method!,
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: sourceIp(request),
        user: null,
        userAgent: request.headers['user-agent'] ?? null,
        userArn: null,
      },
      path: url.pathname,
      protocol: `HTTP/${request.httpVersion}`,
      requestId: o.requestId,
      requestTime: requestTime(now),
      requestTimeEpoch: now.getTime(),
      resourceId: 'local',
      resourcePath: match.resourcePath,
      stage: o.stageName,
    },
    body: o.body.length ? o.body.toString(base64 ? 'base64' : 'utf8') : null,
    isBase64Encoded: base64,
  }
}
