import { type QueueConfiguration, readQueueConfigurations } from '../../services/s3/notifications.ts'
import { resourceKind } from '../cloud.ts'

type Notifications = {
  BucketName: string
  NotificationConfiguration: {
    QueueConfigurations?: QueueConfiguration[]
    LambdaFunctionConfigurations?: object[]
    TopicConfigurations?: object[]
    EventBridgeConfiguration?: object
  }
}

export const s3Notifications = resourceKind<Notifications>('Custom::S3BucketNotifications', async ({ properties, logicalId }, cloud) => {
  const { QueueConfigurations = [], ...others } = properties.NotificationConfiguration
  const unknown = Object.keys(others)
  if (unknown.length) throw new Error(`bucket notifications by ${unknown.join(', ')} are not emulated here: only queues are`)
  const notifications = readQueueConfigurations(QueueConfigurations)
  const cors = cloud.buckets.get(properties.BucketName)?.cors
  await cloud.s3.defineBucket(properties.BucketName, { cors, notifications })
  return { ref: logicalId }
})
