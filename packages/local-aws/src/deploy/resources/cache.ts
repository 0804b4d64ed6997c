import { inventedName, resourceKind } from '../cloud.ts'

/** Redis runs before the deployment (engines/redis.ts) and is reached by REDIS_URL; the template's host names lead to this machine. */
export const cache = resourceKind('AWS::ElastiCache::ServerlessCache', resource => ({
  ref: inventedName(resource, 40).toLowerCase(),
  attributes: { 'Endpoint.Address': '127.0.0.1', 'Endpoint.Port': '6379' },
}))
