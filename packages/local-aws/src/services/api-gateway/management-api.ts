import type { IncomingMessage, ServerResponse } from 'node:http'
import { WebSocket } from 'ws'
import { AwsError, callerOf, demand } from '../../iam/caller.ts'
import type { Keyring } from '../../iam/keyring.ts'
import { readBody } from './request-parts.ts'
import type { Handshake } from './websocket-event.ts'

export type Connection = { handshake: Handshake; socket: WebSocket; lastActiveAt: number; touch(): void }

const MESSAGE_LIMIT_BYTES = 128 * 1024

const refuse = (response: ServerResponse, status: number, type: string) => {
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
    .end(JSON.stringify({ message: type }))
}

const post = (response: ServerResponse, connection: Connection, body: Buffer) =>
  connection.socket.send(body, { binary: false }, error => {
    if (error) return refuse(response, 410, 'GoneException')
    connection.touch()
    response.writeHead(200, { 'content-type': 'application/json' }).end()
  })

const describe = (response: ServerResponse, { handshake, lastActiveAt }: Connection) => {
  const description = {
    connectedAt: new Date(handshake.connectedAt).toISOString(),
    identity: handshake.identity,
    lastActiveAt: new Date(lastActiveAt).toISOString(),
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(description))
}

export type ManagementOptions = {
  stageName: string
  /**
   * `arn:aws:execute-api:<region>:<account>:<api id>`: grants of ManageConnections begin with it.
   */
  apiArn: string
  keyring: Keyring
  find: (connectionId: string) => Connection | undefined
}

/**
 * Answers `/@connections/{id}`, with or without the stage before it; any other path is forbidden.
 */
export const answerManagement = async (
  request: IncomingMessage,
  response: ServerResponse,
  { stageName, apiArn, keyring, find }: ManagementOptions,
): Promise<void> => {
  const path = decodeURIComponent(request.url?.split('?')[0] ?? '/')
  const connectionId = path.replace(`/${stageName}/@`, '/@').match(/^\/@connections\/([^/]+)$/)?.[1]
  if (!connectionId) return refuse(response, 403, 'ForbiddenException')
  const body = await readBody(request, MESSAGE_LIMIT_BYTES)
  if (body === 'too-large') return refuse(response, 413, 'PayloadTooLargeException')
  try {
    const caller = await callerOf(request, body, keyring)
    const resource = `${apiArn}/${stageName}/${request.method}/@connections/${connectionId}`
    demand(keyring, caller, 'execute-api:ManageConnections', resource)
  } catch (error) {
    if (error instanceof AwsError) return refuse(response, 403, error.type)
    throw error
  }
  const connection = find(connectionId)
  if (connection?.socket.readyState !== WebSocket.OPEN) return refuse(response, 410, 'GoneException')
  if (request.method === 'POST') return post(response, connection, body)
  if (request.method === 'GET') return describe(response, connection)
  if (request.method !== 'DELETE') return refuse(response, 405, 'MethodNotAllowedException')
  connection.socket.close(1000)
  response.writeHead(204).end()
}
