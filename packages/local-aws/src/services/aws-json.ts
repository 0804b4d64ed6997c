import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { AwsError, callerOf } from '../iam/caller.ts'
import type { Keyring } from '../iam/keyring.ts'
import { serveLocally } from '../machine/listen.ts'

export type AwsAction = (input: never, accessKeyId: string) => unknown

export const sendError = (response: ServerResponse, error: unknown, version: '1.0' | '1.1'): void => {
  const { type, status, message } =
    error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500)
  response.writeHead(status, {
    'content-type': `application/x-amz-json-${version}`,
    'x-amzn-errortype': type,
    'x-amzn-requestid': randomUUID(),
  })
  response.end(JSON.stringify({ __type: type, message }))
}

/**
 * Serves actions by the name in X-Amz-Target (`<prefix>.<Action>`) to callers whose signature fits.
 */
export const startAwsJson = async (o: {
  port: number
  version: '1.0' | '1.1'
  keyring: Keyring
  actions: Record<string, AwsAction>
}): Promise<{ url: string; close(): Promise<void> }> => {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request)
    const accessKeyId = await callerOf(request, body, o.keyring)
    const name = String(request.headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1)!
    const action = Object.hasOwn(o.actions, name) ? o.actions[name] : undefined
    if (!action)
      throw new AwsError(
        'UnknownOperationException',
        `${name || 'An action without a name'} is not emulated here`,
      )
    const output = await action(JSON.parse(body.toString() || '{}') as never, accessKeyId)
    response.writeHead(200, {
      'content-type': `application/x-amz-json-${o.version}`,
      'x-amzn-requestid': randomUUID(),
    })
    response.end(JSON.stringify(output ?? {}))
  }
  const handle = (request: IncomingMessage, response: ServerResponse) =>
    void answer(request, response).catch(error => sendError(response, error, o.version))
  return serveLocally(handle, { port: o.port })
}
