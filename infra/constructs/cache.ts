import { type IVpc, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2'
import { CfnServerlessCache } from 'aws-cdk-lib/aws-elasticache'
import { Construct } from 'constructs'
import type { StageSettings } from '../stages.ts'

export type CacheProps = {
  /** Has isolated subnets. */
  vpc: IVpc
  /** The security group whose wearers may connect. */
  clients: SecurityGroup
  /** Every physical name begins with it. */
  prefix: string
  /** Sizes, and what becomes of it when the stack goes. */
  settings: StageSettings
}

/**
 * Serverless Valkey: TLS always, several zones, paid by use. Nothing in it is the only copy of
 * anything.
 */
export class Cache extends Construct {
  /** `host:port`. */
  readonly endpoint: string

  constructor(scope: Construct, id: string, { vpc, clients, prefix, settings }: CacheProps) {
    super(scope, id)
    const group = new SecurityGroup(this, 'Group', { vpc, description: 'Valkey', allowAllOutbound: false })
    group.connections.allowFrom(clients, Port.tcpRange(6379, 6380), 'Functions')
    const cache = new CfnServerlessCache(this, 'Cache', {
      serverlessCacheName: prefix,
      description: 'Rate limits, read-through caches, revoked tokens',
      engine: 'valkey',
      majorEngineVersion: '8',
      subnetIds: vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_ISOLATED }).subnetIds,
      securityGroupIds: [group.securityGroupId],
      cacheUsageLimits: {
        dataStorage: { maximum: settings.cache.maxStorageGb, unit: 'GB' },
        ecpuPerSecond: { maximum: settings.cache.maxEcpuPerSecond },
      },
    })
    this.endpoint = `${cache.attrEndpointAddress}:${cache.attrEndpointPort}`
  }
}
