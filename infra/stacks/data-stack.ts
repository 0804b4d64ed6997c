import { ArnFormat, RemovalPolicy, SecretValue, Stack, type StackProps } from 'aws-cdk-lib'
import { AttributeType, Billing, ProjectionType, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { type QueueName, queues as queueTable } from '../../shared/contract/queues.ts'
import { Cache } from '../constructs/cache.ts'
import { Database } from '../constructs/database.ts'
import { endHandlerLogs } from '../constructs/handler-logs.ts'
import { JobQueue } from '../constructs/job-queue.ts'
import { MediaBucket } from '../constructs/media-bucket.ts'
import type { Foundation } from '../foundation.ts'
import { type FunctionName, functionTable } from '../functions.ts'
import type { StageSettings } from '../stages.ts'
import type { NetworkStack } from './network-stack.ts'

export type DataStackProps = StackProps & {
  prefix: string
  settings: StageSettings
  distDir: string
  network: NetworkStack
}

/** Everything that remembers: database, cache, bucket, queues, connections, secrets. */
export class DataStack extends Stack {
  readonly foundation: Foundation
  readonly database: Database
  readonly queues: Record<QueueName, JobQueue>

  constructor(
    scope: Construct,
    id: string,
    { prefix, settings, distDir, network, ...props }: DataStackProps,
  ) {
    super(scope, id, props)
    const { vpc, applicationGroup, mediaTaskGroup } = network
    const networked = { vpc, clients: applicationGroup, prefix, settings }
    this.database = new Database(this, 'Database', networked)
    const { endpoint } = new Cache(this, 'Cache', networked)
    this.queues = mapQueues((name, { fifo, function: consumer }) => {
      const { timeoutSeconds } = functionTable[consumer as FunctionName]
      return new JobQueue(this, `${pascal(name)}Queue`, {
        queueName: `${prefix}-${name}`,
        fifo,
        consumerTimeoutSeconds: timeoutSeconds,
      })
    })
    this.foundation = {
      settings,
      prefix,
      distDir,
      vpc,
      applicationGroup,
      mediaTaskGroup,
      database: {
        secret: this.database.secret,
        host: this.database.host,
        name: this.database.databaseName,
      },
      cache: { endpoint },
      bucket: new MediaBucket(this, 'MediaBucket', { prefix, settings, ingest: this.queues.ingest.queue }),
      bucketArn: MediaBucket.arn(this, prefix),
      queues: mapQueues(name => this.queues[name].queue),
      connections: this.connectionTable(prefix),
      secrets: { auth: this.authSecret(prefix, settings), openAi: this.openAiSecret(prefix) },
      pipelineArn: this.formatArn({
        service: 'states',
        resource: 'stateMachine',
        resourceName: `${prefix}-pipeline`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    }
    endHandlerLogs(this, settings.logRetentionDays)
  }

  private connectionTable(prefix: string) {
    return new TableV2(this, 'Connections', {
      tableName: `${prefix}-connections`,
      partitionKey: { name: 'connectionId', type: AttributeType.STRING },
      globalSecondaryIndexes: [
        {
          indexName: 'by-user',
          partitionKey: { name: 'userId', type: AttributeType.STRING },
          projectionType: ProjectionType.ALL,
        },
      ],
      timeToLiveAttribute: 'expiresAt',
      billing: Billing.onDemand(),
      removalPolicy: RemovalPolicy.DESTROY,
    })
  }

  /**
   * Secrets Manager generates one value a secret; the second key of the pair is generated in a
   * secret of its own and copied in.
   */
  private authSecret(prefix: string, { onDelete }: StageSettings) {
    const random = { excludePunctuation: true, passwordLength: 64 }
    const signing = new Secret(this, 'JwtSecret', {
      description: 'Source of JWT_SECRET',
      generateSecretString: random,
    })
    return new Secret(this, 'AuthSecret', {
      secretName: `${prefix}/auth`,
      description: 'JWT_SECRET signs access tokens; JWT_REFRESH_SECRET keys the HMAC of refresh tokens',
      generateSecretString: {
        ...random,
        secretStringTemplate: this.toJsonString({ JWT_SECRET: signing.secretValue.unsafeUnwrap() }),
        generateStringKey: 'JWT_REFRESH_SECRET',
      },
      removalPolicy: onDelete === 'retain' ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    })
  }

  private openAiSecret(prefix: string) {
    return new Secret(this, 'OpenAiSecret', {
      secretName: `${prefix}/openai`,
      description: 'The OpenAI API key; the operator stores it after the first deployment',
      secretStringValue: SecretValue.unsafePlainText('unset'),
    })
  }
}

const mapQueues = <T>(
  make: (name: QueueName, row: (typeof queueTable)[QueueName]) => T,
): Record<QueueName, T> =>
  Object.fromEntries(
    Object.entries(queueTable).map(([name, row]) => [name, make(name as QueueName, row)]),
  ) as Record<QueueName, T>

const pascal = (name: string) =>
  name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
