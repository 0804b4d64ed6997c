import { inventedName, resourceKind } from '../../deploy/cloud.ts'

type Queue = { QueueName?: string; FifoQueue?: boolean } & Record<string, unknown>

const SETTABLE = [
  'VisibilityTimeout',
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
]

const sqsQueue = resourceKind<Queue>('AWS::SQS::Queue', async (resource, cloud) => {
  const { properties } = resource
  const name = properties.QueueName ?? `${inventedName(resource, 75)}${properties.FifoQueue ? '.fifo' : ''}`
  const given = SETTABLE.filter(attribute => properties[attribute] !== undefined)
  const textOf = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value))
  const attributes = Object.fromEntries(given.map(attribute => [attribute, textOf(properties[attribute])]))
  const { url, arn } = await cloud.sqs.createQueue(name, attributes)
  cloud.queueVisibilitySeconds.set(arn, Number(properties.VisibilityTimeout ?? 30))
  return { ref: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } }
})

export const sqsResources = [sqsQueue]
