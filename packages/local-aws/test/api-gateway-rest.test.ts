import type { APIGatewayProxyEvent } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RestGateway, startRestGateway } from '../src/services/api-gateway/rest.ts'
import { startTinyFunctions, type TinyFunctions } from './support/tiny-functions.ts'

const logged: object[] = []
const log = (line: object) => logged.push(line)

describe('the REST gateway', () => {
  const ORIGIN = 'https://app.example.com'
  let functions: TinyFunctions
  let gateway: RestGateway

  const proxy = (functionName: string, extra: object = {}) => ({
    'x-amazon-apigateway-integration': {
      type: 'aws_proxy',
      httpMethod: 'POST',
      uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:${functionName}/invocations`,
      ...extra,
    },
  })
  const OTHER_ORIGIN = 'http://localhost:5173'
  const echoListedOrigin = [
    '#set($origin = $input.params().header.get("Origin"))',
    '#if($origin == "")',
    '  #set($origin = $input.params().header.get("origin"))',
    '#end',
    `#if($origin == "https://third.example.com" || $origin == "${OTHER_ORIGIN}")`,
    '  #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)',
    '#end',
  ].join('\n')
  const preflight = {
    'x-amazon-apigateway-integration': {
      type: 'mock',
      requestTemplates: { 'application/json': '{"statusCode": 204}' },
      responses: {
        default: {
          statusCode: '204',
          responseParameters: {
            'method.response.header.Access-Control-Allow-Origin': `'${ORIGIN}'`,
            'method.response.header.Access-Control-Allow-Methods': "'GET,POST'",
          },
          responseTemplates: { 'application/json': echoListedOrigin },
        },
      },
    },
  }
  const readableFrom = (origin: string) => ({
    responseParameters: { 'gatewayresponse.header.Access-Control-Allow-Origin': `'${origin}'` },
  })
  const body = {
    openapi: '3.0.1',
    'x-amazon-apigateway-binary-media-types': ['*/*'],
    'x-amazon-apigateway-gateway-responses': {
      DEFAULT_4XX: readableFrom(ORIGIN),
      DEFAULT_5XX: readableFrom(ORIGIN),
      MISSING_AUTHENTICATION_TOKEN: {
        statusCode: 404,
        responseTemplates: {
          'application/json': '{"type":"about:blank","status":404,"requestId":"$context.requestId"}',
        },
        responseParameters: { 'gatewayresponse.header.Content-Type': "'application/problem+json'" },
      },
    },
    paths: {
      '/echo/{id}': { get: proxy('echo'), post: proxy('echo'), options: preflight },
      '/files/{folder}/{rest+}': { 'x-amazon-apigateway-any-method': proxy('echo') },
      '/reply': { post: proxy('reply') },
      '/slow': { get: proxy('slow', { timeoutInMillis: 200 }) },
    },
  }

  beforeAll(async () => {
    functions = await startTinyFunctions()
    const { lambda, define } = functions
    await define(
      'echo',
      'export const handler = async event => ({ statusCode: 200, body: JSON.stringify(event) })',
    )
    await define(
      'reply',
      'export const handler = async event => JSON.parse(Buffer.from(event.body, "base64"))',
    )
    await define('slow', 'export const handler = async () => { await new Promise(r => setTimeout(r, 1000)) }')
    gateway = await startRestGateway({ port: 0, body, stageName: 'api', invoke: lambda.invoke, log })
  })
  afterAll(async () => {
    await gateway.close()
    await functions.close()
  })

  const call = (path: string, init?: RequestInit) => fetch(`${gateway.url}${path}`, init)
  const eventOf = async (path: string, init?: RequestInit) =>
    (await (await call(path, init)).json()) as APIGatewayProxyEvent
  const reply = (payload: unknown) => call('/reply', { method: 'POST', body: JSON.stringify(payload) })

  test('hands a function the proxy event', async () => {
    const path = '/echo/gi%C3%A1o%20d%E1%BB%A5c%2Fa?q=x+y&tag=1&tag=2&token=secret'
    const event = await eventOf(path, {
      headers: { 'X-Custom': 'yes', 'X-Forwarded-For': '10.0.0.1', 'User-Agent': 'tester' },
    })
    const host = new URL(gateway.url).host
    expect(event).toMatchObject({
      resource: '/echo/{id}',
      path: '/echo/gi%C3%A1o%20d%E1%BB%A5c%2Fa',
      httpMethod: 'GET',
      pathParameters: { id: 'giáo dục/a' },
      queryStringParameters: { q: 'x y', tag: '2', token: 'secret' },
      multiValueQueryStringParameters: { q: ['x y'], tag: ['1', '2'], token: ['secret'] },
      body: null,
      isBase64Encoded: false,
      requestContext: {
        stage: 'api',
        resourcePath: '/echo/{id}',
        path: '/api/echo/gi%C3%A1o%20d%E1%BB%A5c%2Fa',
        domainName: host,
        identity: { sourceIp: '127.0.0.1', userAgent: 'tester' },
        requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      },
    })
    const headers = Object.fromEntries(
      Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    expect(headers).toMatchObject({
      'x-custom': 'yes',
      'x-forwarded-for': '10.0.0.1, 127.0.0.1',
      'x-forwarded-proto': 'http',
      host,
    })
    expect(logged.at(-1)).toEqual({
      method: 'GET',
      resourcePath: '/echo/{id}',
      status: 200,
      durationMs: expect.any(Number),
      requestId: event.requestContext.requestId,
    })
    expect(JSON.stringify(logged)).not.toContain('secret')
  })

  test('gives bodies as base64 and greedy path parameters whole', async () => {
    const event = await eventOf('/files/a%20b/c/d.mp4', { method: 'PUT', body: new Uint8Array([0, 255, 1]) })
    expect(event).toMatchObject({
      body: 'AP8B',
      isBase64Encoded: true,
      pathParameters: { folder: 'a b', rest: 'c/d.mp4' },
    })
  })

  test('turns the answer of a function into HTTP', async () => {
    const response = await reply({
      statusCode: 201,
      headers: { 'Content-Type': 'video/mp4', 'Set-Cookie': 'a=1', 'WWW-Authenticate': 'Bearer' },
      multiValueHeaders: { 'Set-Cookie': ['b=2', 'a=1'] },
      body: 'AP8B',
      isBase64Encoded: true,
    })
    expect(response.status).toBe(201)
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('x-amzn-remapped-www-authenticate')).toBe('Bearer')
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 1])
    const bare = await reply({ statusCode: 200, body: '{}' })
    expect(bare.headers.get('content-type')).toBe('application/json')
  })

  test.each([
    ['a missing status', { body: '' }],
    ['an object as body', { statusCode: 200, body: {} }],
    ['no object at all', null],
  ])('answers 502 to %s', async (_, payload) => {
    const response = await reply(payload)
    expect(response.status).toBe(502)
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(await response.json()).toEqual({ message: 'Internal server error' })
  })

  test('answers 502 when the function throws, and 504 when it takes too long', async () => {
    expect((await call('/reply', { method: 'POST', body: 'not JSON' })).status).toBe(502)
    const late = await call('/slow')
    expect([late.status, await late.json()]).toEqual([504, { message: 'Endpoint request timed out' }])
  })

  test('answers preflights from the mock integration and its template', async () => {
    const preflightFrom = (origin: string) =>
      call('/echo/1', { method: 'OPTIONS', headers: { Origin: origin } })
    const response = await preflightFrom(ORIGIN)
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(response.headers.get('access-control-allow-methods')).toBe('GET,POST')
    const allowed = (
      await Promise.all([ORIGIN, OTHER_ORIGIN, 'https://evil.example.com'].map(preflightFrom))
    ).map(({ headers }) => headers.get('access-control-allow-origin'))
    expect(allowed).toEqual([ORIGIN, OTHER_ORIGIN, ORIGIN])
  })

  test('answers unknown paths and methods with the template of MISSING_AUTHENTICATION_TOKEN', async () => {
    for (const response of [await call('/nowhere'), await call('/echo/1', { method: 'DELETE' })]) {
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(await response.json()).toEqual({
        type: 'about:blank',
        status: 404,
        requestId: response.headers.get('x-amzn-requestid'),
      })
    }
  })

  test('forbids what is outside the stage, and leads the root to the documentation', async () => {
    const { origin } = new URL(gateway.url)
    const outside = await fetch(`${origin}/apiary`)
    expect([outside.status, await outside.text()]).toEqual([403, '{"message":"Forbidden"}'])
    const root = await fetch(origin, { redirect: 'manual' })
    expect([root.status, root.headers.get('location')]).toEqual([302, '/api/docs'])
  })

  test('refuses an event over 6 MB, base64 counted, as the template says, and a body over 10 MB in its own words', async () => {
    const post = (sizeBytes: number) => call('/echo/1', { method: 'POST', body: Buffer.alloc(sizeBytes) })
    expect((await post(4_600_000)).status).toBe(200)
    for (const [sizeBytes, allowedOrigin] of [
      [4_800_000, ORIGIN],
      [11_000_000, null],
    ] as const) {
      const refused = await post(sizeBytes)
      expect([refused.status, await refused.json()]).toEqual([413, { message: 'Request Too Long' }])
      expect(refused.headers.get('access-control-allow-origin')).toBe(allowedOrigin)
    }
  })
})
