import { inventedId, resourceKind } from '../../deploy/cloud.ts'
import { functionNameOf } from '../../iam/arn.ts'

type Api = { Name?: string; Body?: object; BinaryMediaTypes?: string[]; MinimumCompressionSize?: number }
type Stage = { RestApiId: string; StageName: string }

const restApi = resourceKind<Api>('AWS::ApiGateway::RestApi', (resource, cloud) => {
  const { Body, BinaryMediaTypes, MinimumCompressionSize } = resource.properties
  if (!Body)
    throw new Error(
      `${resource.logicalId} has no Body: only REST APIs made of an OpenAPI document are emulated here`,
    )
  const id = inventedId(resource)
  const body = {
    ...Body,
    ...(BinaryMediaTypes ? { 'x-amazon-apigateway-binary-media-types': BinaryMediaTypes } : {}),
    ...(MinimumCompressionSize === undefined
      ? {}
      : { 'x-amazon-apigateway-minimum-compression-size': MinimumCompressionSize }),
  }
  cloud.restApis.set(id, { id, body })
  return { ref: id, attributes: { RestApiId: id, RootResourceId: `${id}root` } }
})

const restApiDeployment = resourceKind('AWS::ApiGateway::Deployment', resource => {
  const id = inventedId(resource)
  return { ref: id, attributes: { DeploymentId: id } }
})

const restApiStage = resourceKind<Stage>('AWS::ApiGateway::Stage', ({ properties }, cloud) => {
  cloud.restApis.get(properties.RestApiId)!.stageName = properties.StageName
  return { ref: properties.StageName }
})

type Integration = { ApiId: string; IntegrationUri: string }
type Route = { ApiId: string; RouteKey: string; Target?: string }

const webSocketApi = resourceKind<{ ProtocolType: string }>('AWS::ApiGatewayV2::Api', (resource, cloud) => {
  if (resource.properties.ProtocolType !== 'WEBSOCKET')
    throw new Error('HTTP APIs are not emulated here: only WebSocket APIs are')
  const id = inventedId(resource)
  cloud.webSocketApis.set(id, { id, integrations: new Map(), routes: new Map() })
  return {
    ref: id,
    attributes: { ApiId: id, ApiEndpoint: `wss://${id}.execute-api.${cloud.region}.amazonaws.com` },
  }
})

const webSocketIntegration = resourceKind<Integration>(
  'AWS::ApiGatewayV2::Integration',
  (resource, cloud) => {
    const id = inventedId(resource)
    const { ApiId, IntegrationUri } = resource.properties
    cloud.webSocketApis
      .get(ApiId)!
      .integrations.set(id, functionNameOf(IntegrationUri.split('/invocations')[0]!))
    return { ref: id }
  },
)

const webSocketRoute = resourceKind<Route>('AWS::ApiGatewayV2::Route', (resource, cloud) => {
  const { ApiId, RouteKey, Target } = resource.properties
  const api = cloud.webSocketApis.get(ApiId)!
  const functionName = api.integrations.get(String(Target).replace('integrations/', ''))
  if (functionName) api.routes.set(RouteKey, functionName)
  return { ref: inventedId(resource) }
})

const webSocketStage = resourceKind<{ ApiId: string; StageName: string }>(
  'AWS::ApiGatewayV2::Stage',
  ({ properties }, cloud) => {
    cloud.webSocketApis.get(properties.ApiId)!.stageName = properties.StageName
    return { ref: properties.StageName }
  },
)

export const apiGatewayResources = [
  restApi,
  restApiDeployment,
  restApiStage,
  webSocketApi,
  webSocketIntegration,
  webSocketRoute,
  webSocketStage,
]
