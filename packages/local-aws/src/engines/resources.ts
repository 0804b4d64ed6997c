import { inventedName, resourceKind } from '../deploy/cloud.ts'

/**
 * Postgres runs before the deployment (engines/postgres.ts) and is reached at the address in
 * DATABASE_URL, with the user and password of the template's secret.
 */
const database = resourceKind(['AWS::RDS::DBInstance', 'AWS::RDS::DBProxy'], (resource, cloud) => {
  const name = inventedName(resource, 63).toLowerCase()
  const arn = `arn:aws:rds:${cloud.region}:${cloud.account}:db:${name}`
  const address = {
    'Endpoint.Address': '127.0.0.1',
    'Endpoint.Port': '5432',
    'ReadEndpoint.Address': '127.0.0.1',
    Endpoint: '127.0.0.1',
  }
  const ids = {
    DBInstanceArn: arn,
    DBProxyArn: arn,
    DBProxyName: name,
    DbiResourceId: name,
    VpcId: 'vpc-local',
  }
  return { ref: name, attributes: { ...address, ...ids } }
})

/**
 * Redis runs before the deployment (engines/redis.ts) and is reached by REDIS_URL; the template's
 * host names lead to this machine.
 */
const cache = resourceKind('AWS::ElastiCache::ServerlessCache', resource => ({
  ref: inventedName(resource, 40).toLowerCase(),
  attributes: { 'Endpoint.Address': '127.0.0.1', 'Endpoint.Port': '6379' },
}))

export const engineResources = [database, cache]
