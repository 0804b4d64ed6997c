import { type Cloud, inventedId, inventedName, resourceKind } from '../../deploy/cloud.ts'
import { functionNameOf, roleNameOf } from '../../iam/arn.ts'
import { startEventSource } from './event-source.ts'

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
  /CustomResourceProvider|BucketNotificationsHandler|LogRetention|AWSCDKTrigger|^AWS[0-9a-f]{32}/.test(
    logicalId,
  )

const lambdaFunction = resourceKind<Function>('AWS::Lambda::Function', (resource, cloud) => {
  const { properties, logicalId } = resource
  const name = properties.FunctionName ?? inventedName(resource, 64)
  const deployed = {
    ref: name,
    attributes: { Arn: `arn:aws:lambda:${cloud.region}:${cloud.account}:function:${name}` },
  }
  if (servesCdk(logicalId, properties)) return deployed

  const layers = (properties.Layers ?? [])
    .map(layer => cloud.layers.get(layer))
    .filter(folder => folder !== undefined)
  const timeoutSeconds = properties.Timeout ?? 3
  const codeDir = resource.assetPath(properties.Code.S3Key ?? '')
  cloud.functionOfFolder.set(codeDir, name)
  cloud.roleOfFunction.set(name, roleNameOf(properties.Role))
  cloud.timeoutOfFunction.set(name, timeoutSeconds)
  cloud.lambda.define({
    name,
    codeDir,
    handler: properties.Handler ?? 'index.handler',
    // Lambda unpacks layers into /opt; one machine runs many functions, so the folder is told
    // instead.
    environment: {
      ...properties.Environment?.Variables,
      ...(layers.length ? { LAMBDA_LAYERS_ROOT: layers.join(':') } : {}),
    },
    timeoutSeconds,
    memoryMb: properties.MemorySize ?? 128,
    concurrency: properties.ReservedConcurrentExecutions,
  })
  return deployed
})

type Layer = { LayerName?: string; Content: { S3Key: string } }

const lambdaLayer = resourceKind<Layer>('AWS::Lambda::LayerVersion', (resource, cloud) => {
  const name = resource.properties.LayerName ?? inventedName(resource, 140)
  const arn = `arn:aws:lambda:${cloud.region}:${cloud.account}:layer:${name}:1`
  cloud.layers.set(arn, resource.assetPath(resource.properties.Content.S3Key))
  return { ref: arn, attributes: { LayerVersionArn: arn } }
})

/** There is one version of a function here; a published one is another name for it. */
const lambdaVersion = resourceKind<{ FunctionName: string }>(
  'AWS::Lambda::Version',
  ({ properties }, { region, account }) => {
    const arn = `arn:aws:lambda:${region}:${account}:function:${functionNameOf(properties.FunctionName)}:1`
    return { ref: arn, attributes: { Version: '1', FunctionArn: arn } }
  },
)

type Permission = { FunctionName: string; Principal: string; SourceArn?: string }

const lambdaPermission = resourceKind<Permission>('AWS::Lambda::Permission', (resource, cloud) => {
  const { FunctionName, Principal, SourceArn } = resource.properties
  cloud.permissions.push({
    functionName: functionNameOf(FunctionName),
    principal: Principal,
    sourceArn: SourceArn,
  })
  return { ref: inventedName(resource, 100) }
})

type Mapping = {
  FunctionName: string
  EventSourceArn: string
  BatchSize?: number
  MaximumBatchingWindowInSeconds?: number
  ScalingConfig?: { MaximumConcurrency?: number }
  FunctionResponseTypes?: string[]
  FilterCriteria?: object
  Enabled?: boolean
}

// Lambda refuses both at deployment, so a template that it would refuse must not start here.
const check = (cloud: Cloud, functionName: string, queueArn: string) => {
  const { accessKeyId } = cloud.keyring.issue(cloud.roleOfFunction.get(functionName) ?? '')
  for (const action of ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'])
    if (!cloud.keyring.authorize(accessKeyId, action, queueArn))
      throw new Error(`the role of ${functionName} lacks ${action} on ${queueArn}`)
  const visibility = cloud.queueVisibilitySeconds.get(queueArn) ?? 30
  const timeout = cloud.timeoutOfFunction.get(functionName) ?? 3
  if (visibility < timeout)
    throw new Error(
      `${queueArn}: visibility timeout ${visibility} s is less than the ${timeout} s of ${functionName}`,
    )
}

const lambdaEventSource = resourceKind<Mapping>('AWS::Lambda::EventSourceMapping', (resource, cloud) => {
  const { EventSourceArn, Enabled, FilterCriteria, FunctionResponseTypes, ScalingConfig, ...mapping } =
    resource.properties
  const functionName = functionNameOf(mapping.FunctionName)
  if (!EventSourceArn.includes(':sqs:'))
    throw new Error(`${EventSourceArn} is not emulated here as an event source: only queues are`)
  if (FilterCriteria) throw new Error('FilterCriteria of an event source mapping are not emulated here')
  check(cloud, functionName, EventSourceArn)
  if (Enabled !== false)
    cloud.onDeployed.push(() =>
      startEventSource({
        sqs: cloud.sqs.client,
        queueUrl: cloud.sqs.urlOf(EventSourceArn),
        queueArn: EventSourceArn,
        batchSize: mapping.BatchSize ?? 10,
        maximumBatchingWindowSeconds: mapping.MaximumBatchingWindowInSeconds,
        maximumConcurrency: ScalingConfig?.MaximumConcurrency,
        reportBatchItemFailures: FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
        invoke: event => cloud.lambda.invoke(functionName, event),
        log: cloud.log,
      }),
    )
  return { ref: inventedId(resource) }
})

/**
 * CDK's Trigger: a function that runs once in the middle of the deployment, such as the migrations.
 */
const trigger = resourceKind<{ HandlerArn: string; InvocationType?: string }>(
  'Custom::Trigger',
  async (resource, cloud) => {
    const name = functionNameOf(resource.properties.HandlerArn)
    const invoked = cloud.lambda.invoke(name, {})
    if (resource.properties.InvocationType === 'Event') return { ref: resource.logicalId }
    const result = await invoked
    if (!result.ok)
      throw new Error(
        `${name}, which runs during the deployment, failed: ${result.errorType}: ${result.errorMessage}`,
      )
    return { ref: resource.logicalId }
  },
)

export const lambdaResources = [
  lambdaFunction,
  lambdaLayer,
  lambdaVersion,
  lambdaPermission,
  lambdaEventSource,
  trigger,
]
