import { inventedName, resourceKind } from '../cloud.ts'

type Layer = { LayerName?: string; Content: { S3Key: string } }

export const lambdaLayer = resourceKind<Layer>('AWS::Lambda::LayerVersion', (resource, cloud) => {
  const name = resource.properties.LayerName ?? inventedName(resource, 140)
  const arn = `arn:aws:lambda:${cloud.region}:${cloud.account}:layer:${name}:1`
  cloud.layers.set(arn, resource.assetPath(resource.properties.Content.S3Key))
  return { ref: arn, attributes: { LayerVersionArn: arn } }
})
