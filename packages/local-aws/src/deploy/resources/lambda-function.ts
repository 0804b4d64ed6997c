import { roleNameOf } from '../../iam/arn.ts'
import { inventedName, resourceKind } from '../cloud.ts'

type Function = {
  FunctionName?: string
  Code: { S3Key?: string; ZipFile?: string }
  Handler?: string
  Role: string
  Timeout?: number
  MemorySize?: number
  ReservedConcurrentExecutions?: number
  Environment?: { Variables?: Record<string, string> }
  Layers?: string[]
}

/** CDK's own functions do the work of custom resources, which are emulated by their own files. */
const servesCdk = (logicalId: string, { Code }: Function) =>
  Code.ZipFile !== undefined ||
  /CustomResourceProvider|BucketNotificationsHandler|LogRetention|AWSCDKTrigger|^AWS[0-9a-f]{32}/.test(logicalId)

export const lambdaFunction = resourceKind<Function>('AWS::Lambda::Function', (resource, cloud) => {
  const { properties, logicalId } = resource
  const name = properties.FunctionName ?? inventedName(resource, 64)
  const deployed = { ref: name, attributes: { Arn: `arn:aws:lambda:${cloud.region}:${cloud.account}:function:${name}` } }
  if (servesCdk(logicalId, properties)) return deployed

  const layers = (properties.Layers ?? []).map(layer => cloud.layers.get(layer)).filter(folder => folder !== undefined)
  const timeoutSeconds = properties.Timeout ?? 3
  const codeDir = resource.assetPath(properties.Code.S3Key ?? '')
  cloud.functionOfFolder.set(codeDir, name)
  cloud.roleOfFunction.set(name, roleNameOf(properties.Role))
  cloud.timeoutOfFunction.set(name, timeoutSeconds)
  cloud.lambda.define({
    name,
    codeDir,
    handler: properties.Handler ?? 'index.handler',
    // Lambda unpacks layers into /opt; one machine runs many functions, so the folder is told instead.
    environment: { ...properties.Environment?.Variables, ...(layers.length ? { LAMBDA_LAYERS_ROOT: layers.join(':') } : {}) },
    timeoutSeconds,
    memoryMb: properties.MemorySize ?? 128,
    concurrency: properties.ReservedConcurrentExecutions,
  })
  return deployed
})
