import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { startWebSocketGateway, type WebSocketGateway } from '../src/services/api-gateway/websocket.ts'
import type { Lambda } from '../src/services/lambda/server.ts'
import { operator, operatorKeyring } from './support/serve-s3.ts'
import { startTinyFunctions, type TinyFunctions } from './support/tiny-functions.ts'

const logged: object[] = []
const log = (line: object) => logged.push(line)

describe('the WebSocket gateway', () => {
  let functions: TinyFunctions
  let gateway: WebSocketGateway
  let management: ApiGatewayManagementApiClient
  const events: { requestContext: Record<string, string>; body?: string }[] = []
  const api = {
    stageName: 'ws',
    apiArn: 'arn:aws:execute-api:us-east-1:000000000000:api',
    keyring: operatorKeyring,
  }
  const routes = { $connect: 'socket', $disconnect: 'socket', $default: 'socket' }

  beforeAll(async () => {
    functions = await startTinyFunctions()
    await functions.define(
      'socket',
      `export const handler = async ({ requestContext, queryStringParameters, body }) => {
         if (body === 'crash') throw new Error('crash')
         return { statusCode: Number(queryStringParameters?.status ?? 200), headers: { 'Sec-WebSocket-Protocol': 'hub' } }
       }`,
    )
    gateway = await startWebSocketGateway({ port: 0, ...api, routes, invoke: spy, log })
    management = new ApiGatewayManagementApiClient({
      endpoint: gateway.managementUrl,
      region: 'us-east-1',
      credentials: operator,
    })
  })
  afterAll(async () => {
    management.destroy()
    await gateway.close()
    await functions.close()
  })

  const spy: Lambda['invoke'] = (name, event) => {
    events.push(event as (typeof events)[number])
    return functions.lambda.invoke(name, event)
  }
  const connect = async (query = '', url = gateway.url) => {
    const socket = new WebSocket(`${url}?token=t${query}`, ['other', 'hub'])
    const received: string[] = []
    socket.on('message', data => received.push(data.toString()))
    const closed = new Promise<number>(resolve => socket.once('close', resolve))
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    const connectionId = events.findLast(event => event.requestContext.eventType === 'CONNECT')!
      .requestContext.connectionId!
    return { socket, received, closed, connectionId }
  }
  const post = (ConnectionId: string, Data: string) =>
    management.send(new PostToConnectionCommand({ ConnectionId, Data }))

  test('asks the function about a connection, hands over messages, and says when it ended', async () => {
    const { socket, closed, connectionId } = await connect('&tag=1&tag=2')
    expect(socket.protocol).toBe('hub')
    socket.send('hello')
    await vi.waitFor(() => expect(events.at(-1)?.body).toBe('hello'), 10_000)
    socket.close(1000)
    await closed
    await vi.waitFor(() => expect(events.at(-1)?.requestContext.eventType).toBe('DISCONNECT'), 10_000)
    const { host } = new URL(gateway.url)
    const shared = {
      connectionId,
      stage: 'ws',
      domainName: host,
      connectedAt: expect.any(Number),
      identity: { sourceIp: '127.0.0.1' },
    }
    expect(events.filter(event => event.requestContext.connectionId === connectionId)).toMatchObject([
      {
        queryStringParameters: { token: 't', tag: '2' },
        multiValueQueryStringParameters: { tag: ['1', '2'] },
        headers: { Host: host },
        requestContext: { ...shared, routeKey: '$connect', eventType: 'CONNECT' },
      },
      {
        body: 'hello',
        isBase64Encoded: false,
        requestContext: {
          ...shared,
          routeKey: '$default',
          eventType: 'MESSAGE',
          messageId: expect.any(String),
        },
      },
      { requestContext: { ...shared, routeKey: '$disconnect', disconnectStatusCode: 1000 } },
    ])
    expect(JSON.stringify(logged)).not.toMatch(/token|hello/)
  })

  test.each([
    [401, 401],
    [403, 403],
    [404, 500],
  ])('refuses the upgrade when $connect answers %i with %i', async (status, expected) => {
    await expect(connect(`&status=${status}`)).rejects.toThrow(`Unexpected server response: ${expected}`)
  })

  test('knows no other path', async () => {
    await expect(connect('', gateway.url.replace('/ws', '/other'))).rejects.toThrow('403')
  })

  test('tells the client of a function that failed', async () => {
    const { socket, received, connectionId } = await connect()
    socket.send('crash')
    await vi.waitFor(() => expect(received).toHaveLength(1), 10_000)
    expect(JSON.parse(received[0]!)).toEqual({
      message: 'Internal server error',
      connectionId,
      requestId: expect.any(String),
    })
    socket.terminate()
  })

  test('delivers what the management API is given, in order', async () => {
    const { socket, received, connectionId } = await connect()
    const sent = Array.from({ length: 50 }, (_, n) => `message ${n}`)
    for (const text of sent) await post(connectionId, text)
    await vi.waitFor(() => expect(received).toEqual(sent), 10_000)
    socket.terminate()
  })

  test('describes and deletes a connection, and calls a gone one gone', async () => {
    const { closed, connectionId } = await connect()
    const described = await management.send(new GetConnectionCommand({ ConnectionId: connectionId }))
    expect(described).toMatchObject({
      ConnectedAt: expect.any(Date),
      LastActiveAt: expect.any(Date),
      Identity: { SourceIp: '127.0.0.1' },
    })
    await management.send(new DeleteConnectionCommand({ ConnectionId: connectionId }))
    expect(await closed).toBe(1000)
    await expect(post(connectionId, 'late')).rejects.toMatchObject({
      name: 'GoneException',
      $metadata: { httpStatusCode: 410 },
    })
    await expect(post('unknown=', 'lost')).rejects.toMatchObject({ name: 'GoneException' })
  })

  test('posts 128 KB and not a byte more', async () => {
    const { socket, received, connectionId } = await connect()
    await post(connectionId, 'x'.repeat(128 * 1024))
    await vi.waitFor(() => expect(received[0]).toHaveLength(128 * 1024), 10_000)
    await expect(post(connectionId, 'x'.repeat(128 * 1024 + 1))).rejects.toMatchObject({
      name: 'PayloadTooLargeException',
    })
    socket.terminate()
  })

  test('answers the management API without the stage in its path, too', async () => {
    const { socket, received, connectionId } = await connect()
    const endpoint = new URL(gateway.managementUrl).origin
    const client = new ApiGatewayManagementApiClient({ endpoint, region: 'us-east-1', credentials: operator })
    await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'direct' }))
    await vi.waitFor(() => expect(received).toEqual(['direct']), 10_000)
    socket.terminate()
  })

  test('takes frames of 32 KB and messages of 128 KB, and closes with 1009 beyond', async () => {
    const frame = 'x'.repeat(32 * 1024)
    const fragments = (socket: WebSocket, count: number) => {
      for (let n = 1; n <= count; n++) socket.send(frame, { fin: n === count })
    }
    const fits = await connect()
    fragments(fits.socket, 4)
    await vi.waitFor(() => expect(events.at(-1)?.body).toHaveLength(128 * 1024), 10_000)
    fits.socket.terminate()

    const tooLong = await connect()
    fragments(tooLong.socket, 5)
    expect(await tooLong.closed).toBe(1009)

    const tooWide = await connect()
    tooWide.socket.send('small')
    tooWide.socket.send(`${frame}x`)
    expect(await tooWide.closed).toBe(1009)
    expect(events.filter(event => event.body === `${frame}x`)).toEqual([])
  })

  test('closes idle connections and old ones', async () => {
    const impatient = await startWebSocketGateway({
      port: 0,
      ...api,
      routes,
      invoke: spy,
      log,
      idleMs: 300,
      lifetimeMs: 1500,
    })
    const idle = await connect('', impatient.url)
    const busy = await connect('', impatient.url)
    const timer = setInterval(() => busy.socket.send('still here'), 100)
    const startedAt = Date.now()
    const idleMs = idle.closed.then(code => [code, Date.now() - startedAt] as const)
    const busyMs = busy.closed.then(code => [code, Date.now() - startedAt] as const)
    const [idleCode, idleAfter] = await idleMs
    const [busyCode, busyAfter] = await busyMs
    clearInterval(timer)
    expect([idleCode, busyCode]).toEqual([1001, 1001])
    expect(idleAfter).toBeLessThan(1200)
    expect(busyAfter).toBeGreaterThan(1200)
    await impatient.close()
  })
})
