import { functionNameOf } from '../../iam/arn.ts'
import { inventedId, resourceKind } from '../cloud.ts'

type Integration = { ApiId: string; IntegrationUri: string }
type Route = { ApiId: string; RouteKey: string; Target?: string }

export const webSocketApi = resourceKind<{ ProtocolType: string }>('AWS::ApiGatewayV2::Api', (resource, cloud) => {
  if (resource.properties.ProtocolType !== 'WEBSOCKET') throw new Error('HTTP APIs are not emulated here: only WebSocket APIs are')
  const id = inventedId(resource)
  cloud.webSocketApis.set(id, { id, integrations: new Map(), routes: new Map() })
  return { ref: id, attributes: { ApiId: id, ApiEndpoint: `wss://${id}.execute-api.${cloud.region}.amazonaws.com` } }
})

export const webSocketIntegration = resourceKind<Integration>('AWS::ApiGatewayV2::Integration', (resource, cloud) => {
  const id = inventedId(resource)
  const { ApiId, IntegrationUri } = resource.properties
  cloud.webSocketApis.get(ApiId)!.integrations.set(id, functionNameOf(IntegrationUri.split('/invocations')[0]!))
  return { ref: id }
})

export const webSocketRoute = resourceKind<Route>('AWS::ApiGatewayV2::Route', (resource, cloud) => {
  const { ApiId, RouteKey, Target } = resource.properties
  const api = cloud.webSocketApis.get(ApiId)!
  const functionName = api.integrations.get(String(Target).replace('integrations/', ''))
  if (functionName) api.routes.set(RouteKey, functionName)
  return { ref: inventedId(resource) }
})

export const webSocketStage = resourceKind<{ ApiId: string; StageName: string }>('AWS::ApiGatewayV2::Stage', ({ properties }, cloud) => {
  cloud.webSocketApis.get(properties.ApiId)!.stageName = properties.StageName
  return { ref: properties.StageName }
})
