import type { CorsRule } from '../../services/s3/cors.ts'
import { inventedName, resourceKind } from '../cloud.ts'

type Bucket = { BucketName?: string; CorsConfiguration?: { CorsRules: CorsRule[] } }

export const s3Bucket = resourceKind<Bucket>('AWS::S3::Bucket', async (resource, cloud) => {
  const name = resource.properties.BucketName ?? inventedName(resource, 63).toLowerCase()
  const cors = resource.properties.CorsConfiguration?.CorsRules
  cloud.buckets.set(name, { cors })
  await cloud.s3.defineBucket(name, { cors })
  const host = `${name}.s3.${cloud.region}.amazonaws.com`
  return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com`, RegionalDomainName: host } }
})
