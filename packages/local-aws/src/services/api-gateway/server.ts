import { type Cloud, mayInvoke } from '../../deploy/cloud.ts'
import { startRestGateway } from './rest.ts'
import { startWebSocketGateway } from './websocket.ts'

export type ApiGateway = { restUrl: string; webSocketUrl: string; close(): Promise<void> }

type Invoke = (functionName: string, event: unknown) => ReturnType<Cloud['lambda']['invoke']>

// API Gateway may invoke a function only where the template permits it; a forgotten permission
// answers 500 there and here.
const invokeFor =
  (cloud: Cloud, source: (event: never) => string): Invoke =>
  async (functionName, event) => {
    const sourceArn = `arn:aws:execute-api:${cloud.region}:${cloud.account}:${source(event as never)}`
    if (mayInvoke(cloud, functionName, 'apigateway.amazonaws.com', sourceArn))
      return cloud.lambda.invoke(functionName, event)
    cloud.log({
      level: 'ERROR',
      functionName,
      error: `the template does not permit apigateway.amazonaws.com to invoke it for ${sourceArn}`,
    })
    return {
      ok: false,
      errorType: 'AccessDeniedException',
      errorMessage: 'API Gateway may not invoke this function',
    }
  }

const namePort = (variable: string, port: number) => (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error
  throw new Error(`port ${port} is taken by another program: free it or set ${variable}`)
}

const startRest = (cloud: Cloud, port: number) => {
  const [api] = cloud.restApis.values()
  if (!api) return undefined
  const invoke = invokeFor(cloud, (event: { httpMethod: string; resource: string }) =>
    [api.id, api.stageName, event.httpMethod, event.resource.slice(1)].join('/'),
  )
  const options = { port, body: api.body, stageName: api.stageName ?? 'api', invoke, log: cloud.log }
  return startRestGateway(options).catch(namePort('PORT', port))
}

const startWebSocket = (cloud: Cloud, port: number) => {
  const [api] = cloud.webSocketApis.values()
  if (!api) return undefined
  const invoke = invokeFor(cloud, (event: { requestContext: { routeKey: string } }) =>
    [api.id, api.stageName, event.requestContext.routeKey].join('/'),
  )
  const { keyring, region, account, log } = cloud
  const apiArn = `arn:aws:execute-api:${region}:${account}:${api.id}`
  const options = {
    port,
    stageName: api.stageName ?? 'ws',
    apiArn,
    keyring,
    routes: Object.fromEntries(api.routes),
    invoke,
    log,
  }
  return startWebSocketGateway(options).catch(namePort('WS_PORT', port))
}

/**
 * Serves the REST and the WebSocket API of what was deployed; an address is empty when there is no
 * such API.
 */
export const startApiGateway = async ({
  cloud,
  ports,
}: {
  cloud: Cloud
  ports: { rest: number; webSocket: number }
}): Promise<ApiGateway> => {
  const rest = await startRest(cloud, ports.rest)
  const webSocket = await startWebSocket(cloud, ports.webSocket)?.catch(async error => {
    await rest?.close()
    throw error
  })
  return {
    restUrl: rest?.url ?? '',
    webSocketUrl: webSocket?.url ?? '',
    close: async () => {
      await webSocket?.close()
      await rest?.close()
    },
  }
}
