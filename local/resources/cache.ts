import { inventedName, resourceKind } from '../cloud.ts'

/** Redis runs before the deployment (local/services/redis.ts) and is reached by REDIS_URL; the template's host names lead to this machine. */
export const cache = resourceKind(
  ['AWS::ElastiCache::ServerlessCache', 'AWS::ElastiCache::ReplicationGroup', 'AWS::ElastiCache::CacheCluster'],
  (resource, cloud) => {
    const name = inventedName(resource, 40).toLowerCase()
    const kinds = ['Endpoint', 'ReaderEndpoint', 'PrimaryEndPoint', 'ConfigurationEndPoint', 'RedisEndpoint']
    const endpoints = kinds.flatMap(kind => [
      [`${kind}.Address`, '127.0.0.1'],
      [`${kind}.Port`, '6379'],
    ])
    const arn = `arn:aws:elasticache:${cloud.region}:${cloud.account}:serverlesscache:${name}`
    return { ref: name, attributes: { ...Object.fromEntries(endpoints), ARN: arn } }
  },
)
