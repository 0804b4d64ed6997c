import { functionNameOf } from '../../iam/arn.ts'
import { startEventSource } from '../../services/lambda/event-source.ts'
import { type Cloud, inventedId, resourceKind } from '../cloud.ts'

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
    throw new Error(`${queueArn}: visibility timeout ${visibility} s is less than the ${timeout} s of ${functionName}`)
}

export const lambdaEventSource = resourceKind<Mapping>('AWS::Lambda::EventSourceMapping', (resource, cloud) => {
  const { EventSourceArn, Enabled, FilterCriteria, FunctionResponseTypes, ScalingConfig, ...mapping } = resource.properties
  const functionName = functionNameOf(mapping.FunctionName)
  if (!EventSourceArn.includes(':sqs:')) throw new Error(`${EventSourceArn} is not emulated here as an event source: only queues are`)
  if (FilterCriteria) throw new Error('FilterCriteria of an event source mapping are not emulated here')
  check(cloud, functionName, EventSourceArn)
  if (Enabled !== false)
    cloud.afterwards.push(() =>
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
