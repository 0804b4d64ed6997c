import { inventedId, resourceKind } from '../cloud.ts'

type Api = { Name?: string; Body?: object; BinaryMediaTypes?: string[]; MinimumCompressionSize?: number }
type Stage = { RestApiId: string; StageName: string }

export const restApi = resourceKind<Api>('AWS::ApiGateway::RestApi', (resource, cloud) => {
  const { Body, BinaryMediaTypes, MinimumCompressionSize } = resource.properties
  if (!Body) throw new Error(`${resource.logicalId} has no Body: only REST APIs made of an OpenAPI document are emulated here`)
  const id = inventedId(resource)
  const body = {
    ...Body,
    ...(BinaryMediaTypes ? { 'x-amazon-apigateway-binary-media-types': BinaryMediaTypes } : {}),
    ...(MinimumCompressionSize === undefined ? {} : { 'x-amazon-apigateway-minimum-compression-size': MinimumCompressionSize }),
  }
  cloud.restApis.set(id, { id, body })
  return { ref: id, attributes: { RestApiId: id, RootResourceId: `${id}root` } }
})

export const restApiDeployment = resourceKind('AWS::ApiGateway::Deployment', resource => {
  const id = inventedId(resource)
  return { ref: id, attributes: { DeploymentId: id } }
})

export const restApiStage = resourceKind<Stage>('AWS::ApiGateway::Stage', ({ properties }, cloud) => {
  cloud.restApis.get(properties.RestApiId)!.stageName = properties.StageName
  return { ref: properties.StageName }
})
