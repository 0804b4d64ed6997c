import { randomBytes } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Keyring } from '../../iam/keyring.ts'
import { serveLocally } from '../../machine/listen.ts'
import type { InvocationResult } from '../lambda/server.ts'
import { watchFrameSize } from './frame-limit.ts'
import { answerManagement, type Connection } from './management-api.ts'
import {
  connectEvent,
  type Handshake,
  handshakeOf,
  type RouteKey,
  requestContext,
} from './websocket-event.ts'

export type WebSocketGateway = { url: string; managementUrl: string; close(): Promise<void> }

const FRAME_LIMIT_BYTES = 32 * 1024
const MESSAGE_LIMIT_BYTES = 128 * 1024
const IDLE_MS = 10 * 60_000
const LIFETIME_MS = 2 * 3_600_000
const CLOSE_WITHIN_MS = 1000

const refuse = (socket: Duplex, status: number) => {
  const body = JSON.stringify({ message: STATUS_CODES[status] })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/**
 * The status of a `$connect` answer: 200 lets the client in, 401 and 403 reach it, anything else is
 * 500.
 */
const connectStatus = (result: InvocationResult): number => {
  const status = result.ok ? Number((result.payload as { statusCode?: unknown } | null)?.statusCode) : 500
  if (status >= 200 && status < 300) return 200
  return status === 401 || status === 403 ? status : 500
}

const subprotocolOf = (result: InvocationResult): string | undefined => {
  const headers =
    (result.ok && (result.payload as { headers?: Record<string, string> } | null)?.headers) || {}
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'sec-websocket-protocol')?.[1]
}

/**
 * Serves an API Gateway WebSocket API and its management API on one port, with the real gateway's
 * events and limits. Logs no token and no message.
 */
export const startWebSocketGateway = async (o: {
  port: number
  stageName: string
  /** `arn:aws:execute-api:<region>:<account>:<api id>` */
  apiArn: string
  /** Checks the callers of the management API. */
  keyring: Keyring
  routes: Record<string, string>
  invoke: (functionName: string, event: unknown) => Promise<InvocationResult>
  log: (line: object) => void
  idleMs?: number
  lifetimeMs?: number
}): Promise<WebSocketGateway> => {
  const connections = new Map<string, Connection>()
  const subprotocols = new WeakMap<IncomingMessage, string>()
  const disconnects = new Set<Promise<void>>()
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_LIMIT_BYTES,
    handleProtocols: (_, request) => subprotocols.get(request) ?? false,
  })
  let domainName = ''

  const call = async (
    routeKey: RouteKey,
    event: { requestContext: { requestId: string }; isBase64Encoded: boolean },
  ): Promise<InvocationResult | undefined> => {
    const functionName = o.routes[routeKey]
    if (!functionName) return undefined
    const startedAt = Date.now()
    const result = await o.invoke(functionName, event)
    o.log({
      routeKey,
      durationMs: Date.now() - startedAt,
      requestId: event.requestContext.requestId,
      error: result.ok ? undefined : result.errorType,
    })
    return result
  }

  const disconnect = (handshake: Handshake, code: number, reason: string) => {
    const context = {
      ...requestContext(handshake, '$disconnect'),
      disconnectStatusCode: code,
      disconnectReason: reason,
    }
    const done: Promise<void> = call('$disconnect', { requestContext: context, isBase64Encoded: false })
      .catch(error => o.log({ routeKey: '$disconnect', error: String(error) }))
      .then(() => void disconnects.delete(done))
    disconnects.add(done)
  }

  const receive = async ({ handshake, socket }: Connection, data: Buffer, isBinary: boolean) => {
    const context = requestContext(handshake, '$default')
    const event = {
      requestContext: context,
      body: data.toString(isBinary ? 'base64' : 'utf8'),
      isBase64Encoded: isBinary,
    }
    const result = await call('$default', event)
    if (result?.ok) return
    const message = result ? 'Internal server error' : 'Forbidden'
    socket.send(
      JSON.stringify({ message, connectionId: handshake.connectionId, requestId: context.requestId }),
    )
  }

  const open = (socket: WebSocket, handshake: Handshake) => {
    const idle = setTimeout(() => socket.close(1001, 'Going away'), o.idleMs ?? IDLE_MS)
    const lifetime = setTimeout(() => socket.close(1001, 'Going away'), o.lifetimeMs ?? LIFETIME_MS)
    const connection: Connection = {
      handshake,
      socket,
      lastActiveAt: Date.now(),
      touch: () => {
        connection.lastActiveAt = Date.now()
        idle.refresh()
      },
    }
    connections.set(handshake.connectionId, connection)
    socket.on('error', () => undefined) // a broken frame: ws closes with the right code by itself
    socket.on('message', (data: Buffer, isBinary) => {
      if (socket.readyState !== socket.OPEN) return
      connection.touch()
      receive(connection, data, isBinary).catch(error =>
        o.log({ routeKey: '$default', error: String(error) }),
      )
    })
    socket.on('close', (code, reason) => {
      clearTimeout(idle)
      clearTimeout(lifetime)
      connections.delete(handshake.connectionId)
      disconnect(handshake, code, reason.toString())
    })
  }

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined)
    const url = URL.parse(`http://${domainName}${request.url}`)
    if (url?.pathname !== `/${o.stageName}`) return refuse(socket, 403)
    // API Gateway's ids look like this one; the SDK must encode the sign at the end.
    const handshake = handshakeOf(
      request,
      `${randomBytes(11).toString('base64url')}=`,
      domainName,
      o.stageName,
    )
    const result = o.routes.$connect
      ? await call('$connect', connectEvent(request, url.search, handshake))
      : undefined
    const status = result ? connectStatus(result) : 200
    if (status !== 200) return refuse(socket, status)
    const subprotocol = result && subprotocolOf(result)
    if (subprotocol) subprotocols.set(request, subprotocol)
    let opened: WebSocket | undefined
    watchFrameSize(socket, FRAME_LIMIT_BYTES, () => opened?.close(1009, 'Frame too large'))
    webSockets.handleUpgrade(request, socket, head, client => {
      opened = client
      open(client, handshake)
    })
    if (!opened) disconnect(handshake, 1006, 'Handshake not completed')
  }

  const serve = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.split('?')[0] === `/${o.stageName}`)
      return void response.writeHead(426, { upgrade: 'websocket' }).end()
    answerManagement(request, response, { ...o, find: id => connections.get(id) }).catch(() =>
      response.destroy(),
    )
  }
  const { server, url, close } = await serveLocally(serve, { port: o.port })
  server.on('upgrade', (request, socket, head) => {
    upgrade(request, socket, head).catch(error => {
      o.log({ routeKey: '$connect', error: String(error) })
      refuse(socket, 500)
    })
  })
  domainName = new URL(url).host

  return {
    url: `ws://${domainName}/${o.stageName}`,
    managementUrl: `http://${domainName}/${o.stageName}`,
    close: async () => {
      for (const { socket } of connections.values()) socket.close(1001, 'Going away')
      await delay(50)
      for (const { socket } of connections.values()) socket.terminate()
      await close()
      await Promise.race([Promise.all(disconnects), delay(CLOSE_WITHIN_MS, undefined, { ref: false })])
    },
  }
}
