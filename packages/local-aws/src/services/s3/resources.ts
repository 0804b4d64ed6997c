import { inventedName, resourceKind } from '../../deploy/cloud.ts'
import type { CorsRule } from './cors.ts'
import { type QueueConfiguration, readQueueConfigurations } from './notifications.ts'

type Bucket = { BucketName?: string; CorsConfiguration?: { CorsRules: CorsRule[] } }

const s3Bucket = resourceKind<Bucket>('AWS::S3::Bucket', async (resource, cloud) => {
  const name = resource.properties.BucketName ?? inventedName(resource, 63).toLowerCase()
  const cors = resource.properties.CorsConfiguration?.CorsRules
  cloud.buckets.set(name, { cors })
  await cloud.s3.defineBucket(name, { cors })
  const host = `${name}.s3.${cloud.region}.amazonaws.com`
  return {
    ref: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: host,
    },
  }
})

type Notifications = {
  BucketName: string
  NotificationConfiguration: {
    QueueConfigurations?: QueueConfiguration[]
    LambdaFunctionConfigurations?: object[]
    TopicConfigurations?: object[]
    EventBridgeConfiguration?: object
  }
}

const s3Notifications = resourceKind<Notifications>(
  'Custom::S3BucketNotifications',
  async ({ properties, logicalId }, cloud) => {
    const { QueueConfigurations = [], ...others } = properties.NotificationConfiguration
    const unknown = Object.keys(others)
    if (unknown.length)
      throw new Error(`bucket notifications by ${unknown.join(', ')} are not emulated here: only queues are`)
    const notifications = readQueueConfigurations(QueueConfigurations)
    const cors = cloud.buckets.get(properties.BucketName)?.cors
    await cloud.s3.defineBucket(properties.BucketName, { cors, notifications })
    return { ref: logicalId }
  },
)

export const s3Resources = [s3Bucket, s3Notifications]
