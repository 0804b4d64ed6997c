import { resourceKind } from '../cloud.ts'

type FilterRule = { Name: string; Value: string }
type Notifications = {
  BucketName: string
  NotificationConfiguration: {
    QueueConfigurations?: { Events: string[]; QueueArn: string; Filter?: { Key: { FilterRules: FilterRule[] } } }[]
    LambdaFunctionConfigurations?: object[]
    TopicConfigurations?: object[]
    EventBridgeConfiguration?: object
  }
}

const ruleOf = (rules: FilterRule[] | undefined, name: string) => rules?.find(rule => rule.Name.toLowerCase() === name)?.Value

export const s3Notifications = resourceKind<Notifications>('Custom::S3BucketNotifications', async ({ properties, logicalId }, cloud) => {
  const { QueueConfigurations = [], ...others } = properties.NotificationConfiguration
  const unknown = Object.keys(others)
  if (unknown.length) throw new Error(`bucket notifications by ${unknown.join(', ')} are not played here: only queues are`)
  const notifications = QueueConfigurations.map(({ Events, QueueArn, Filter }) => {
    const rules = Filter?.Key.FilterRules
    return { queueArn: QueueArn, events: Events, prefix: ruleOf(rules, 'prefix'), suffix: ruleOf(rules, 'suffix') }
  })
  const cors = cloud.buckets.get(properties.BucketName)?.cors
  await cloud.s3.defineBucket(properties.BucketName, { cors: cors, notifications })
  return { ref: logicalId }
})
