import { type Cloud, mayInvoke } from '../deploy/cloud.ts'
import type { OpenScope } from '../machine/scope.ts'
import { startRestGateway } from '../services/api-gateway/rest.ts'
import { startWebSocketGateway } from '../services/api-gateway/websocket.ts'

type Invoke = (functionName: string, event: unknown) => ReturnType<Cloud['lambda']['invoke']>

// API Gateway may invoke a function only where the template permits it; a forgotten permission answers 500 there and here.
const invokeFor =
  (cloud: Cloud, source: (event: never) => string): Invoke =>
  async (functionName, event) => {
    const sourceArn = `arn:aws:execute-api:${cloud.region}:${cloud.account}:${source(event as never)}`
    if (mayInvoke(cloud, functionName, 'apigateway.amazonaws.com', sourceArn)) return cloud.lambda.invoke(functionName, event)
    cloud.log({
      level: 'ERROR',
      functionName,
      error: `the template does not permit apigateway.amazonaws.com to invoke it for ${sourceArn}`,
    })
    return { ok: false, errorType: 'AccessDeniedException', errorMessage: 'API Gateway may not invoke this function' }
  }

const namePort = (variable: string, port: number) => (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error
  throw new Error(`port ${port} is taken by another program: free it or set ${variable}`)
}

/** Serves the template's REST and WebSocket API. */
export const startGateways = async (cloud: Cloud, scope: OpenScope, ports: { rest: number; webSocket: number }) => {
  const [rest] = cloud.restApis.values()
  const [webSocket] = cloud.webSocketApis.values()
  const restGateway =
    rest &&
    (await scope.open(
      startRestGateway({
        port: ports.rest,
        body: rest.body,
        stageName: rest.stageName ?? 'api',
        invoke: invokeFor(cloud, (event: { httpMethod: string; resource: string }) =>
          [rest.id, rest.stageName, event.httpMethod, event.resource.slice(1)].join('/'),
        ),
        log: cloud.log,
      }).catch(namePort('PORT', ports.rest)),
    ))
  const webSocketGateway =
    webSocket &&
    (await scope.open(
      startWebSocketGateway({
        port: ports.webSocket,
        stageName: webSocket.stageName ?? 'ws',
        apiArn: `arn:aws:execute-api:${cloud.region}:${cloud.account}:${webSocket.id}`,
        keyring: cloud.keyring,
        routes: Object.fromEntries(webSocket.routes),
        invoke: invokeFor(cloud, (event: { requestContext: { routeKey: string } }) =>
          [webSocket.id, webSocket.stageName, event.requestContext.routeKey].join('/'),
        ),
        log: cloud.log,
      }).catch(namePort('WS_PORT', ports.webSocket)),
    ))
  return {
    restUrl: restGateway?.url ?? '',
    webSocketUrl: webSocketGateway?.url ?? '',
    managementUrl: webSocketGateway?.managementUrl ?? '',
  }
}
