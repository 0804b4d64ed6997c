import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { InstanceType, type IVpc, Port, type SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import {
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  DatabaseProxy,
  ParameterGroup,
  PostgresEngineVersion,
  ProxyTarget,
  StorageType,
} from 'aws-cdk-lib/aws-rds'
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { StageSettings } from '../stages.ts'

export type DatabaseProps = {
  /** Has isolated subnets. */
  vpc: IVpc
  /** The security group whose wearers may connect (through the proxy). */
  clients: SecurityGroup
  /** Every physical name begins with it. */
  prefix: string
  /** Sizes, and what becomes of it when the stack goes. */
  settings: StageSettings
}

/**
 * PostgreSQL 17 behind RDS Proxy, which keeps bursts of functions from exhausting its connections.
 */
export class Database extends Construct {
  readonly instance: DatabaseInstance
  /** The address that functions connect to. */
  readonly host: string
  readonly secret: Secret
  readonly databaseName = 'ai_video_hub'

  constructor(scope: Construct, id: string, { vpc, clients, prefix, settings }: DatabaseProps) {
    super(scope, id)
    const { database, onDelete } = settings
    const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 })
    this.instance = new DatabaseInstance(this, 'Instance', {
      engine,
      instanceIdentifier: `${prefix}-database`,
      instanceType: new InstanceType(database.instanceType),
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      credentials: Credentials.fromGeneratedSecret('hub', { secretName: `${prefix}/database` }),
      databaseName: this.databaseName,
      parameterGroup: new ParameterGroup(this, 'Parameters', {
        engine,
        description: 'TLS only; statements of a second and more are logged, without what people wrote',
        parameters: {
          'rds.force_ssl': '1',
          log_min_duration_statement: '1000',
          log_parameter_max_length: '0',
        },
      }),
      allocatedStorage: database.storageGb,
      maxAllocatedStorage: database.maxStorageGb,
      storageType: StorageType.GP3,
      storageEncrypted: true,
      multiAz: database.multiAz,
      backupRetention: Duration.days(database.backupDays),
      deletionProtection: settings.deletionProtection,
      removalPolicy: onDelete === 'retain' ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
      cloudwatchLogsExports: ['postgresql'],
      autoMinorVersionUpgrade: true,
      copyTagsToSnapshot: true,
    })
    // RDS would make its log groups without an end of retention.
    this.instance.node.addDependency(
      new LogGroup(this, 'Logs', {
        logGroupName: `/aws/rds/instance/${prefix}-database/postgresql`,
        retention: settings.logRetentionDays,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    )
    this.secret = this.instance.secret as Secret
    const entrance = database.proxy ? this.proxyOf({ vpc, prefix, settings }) : this.instance
    this.host =
      entrance instanceof DatabaseProxy ? entrance.endpoint : this.instance.dbInstanceEndpointAddress
    entrance.connections.allowFrom(clients, Port.tcp(5432), 'Functions')
  }

  /** Keeps bursts of functions from exhausting the instance's connections. */
  private proxyOf({ vpc, prefix, settings }: Omit<DatabaseProps, 'clients'>): DatabaseProxy {
    const proxyLogs = new LogGroup(this, 'ProxyLogs', {
      logGroupName: `/aws/rds/proxy/${prefix}-database`,
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const proxy = new DatabaseProxy(this, 'Proxy', {
      proxyTarget: ProxyTarget.fromInstance(this.instance),
      dbProxyName: `${prefix}-database`,
      secrets: [this.secret],
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      requireTLS: true,
      borrowTimeout: Duration.seconds(10),
      maxConnectionsPercent: 90,
      idleClientTimeout: Duration.minutes(30),
    })
    proxy.node.addDependency(proxyLogs)
    return proxy
  }
}
