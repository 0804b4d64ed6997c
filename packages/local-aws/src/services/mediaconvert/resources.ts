import { inventedName, resourceKind } from '../../deploy/cloud.ts'

/**
 * services/mediaconvert works on all queues alike; what counts is the ARN, because jobs name it and
 * grants are written for it.
 */
const mediaConvertQueue = resourceKind<{ Name?: string }>('AWS::MediaConvert::Queue', (resource, cloud) => {
  const name = resource.properties.Name ?? inventedName(resource, 80)
  return {
    ref: name,
    attributes: { Name: name, Arn: `arn:aws:mediaconvert:${cloud.region}:${cloud.account}:queues/${name}` },
  }
})

export const mediaconvertResources = [mediaConvertQueue]
