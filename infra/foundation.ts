import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { QueueName } from '../shared/contract/queues.ts'
import type { StageSettings } from './stages.ts'

/** The values that the stacks hand on to the functions; each stack adds its part. */
export type Foundation = {
  settings: StageSettings
  /** Every physical name begins with it: `ai-video-hub-<stage>`. */
  prefix: string
  /** The folder that `npm run build` fills: one folder a function. */
  distDir: string
  vpc: IVpc
  /** Worn by all that talks to the database and the cache; they let in nothing else. */
  applicationGroup: SecurityGroup
  /** May reach AWS by TLS and nothing else. */
  mediaTaskGroup: SecurityGroup
  database: { secret: Secret; host: string; name: string }
  /** `host:port`; TLS always. */
  cache: { endpoint: string }
  bucket: Bucket
  /** Composed from the bucket's name: readable in policies, and no export between stacks. */
  bucketArn: string
  queues: Record<QueueName, IQueue>
  connections: TableV2
  secrets: { auth: Secret; openAi: Secret }
  /**
   * Composed from its name, so that the functions inside the pipeline may know it without a circle.
   */
  pipelineArn: string
  /** Keeps what EventBridge could not hand over to a function. */
  undelivered?: IQueue
  mediaConvert?: { role: IRole; queueArn: string }
  /** `connectionsArn` is what ManageConnections is granted on. */
  realtime?: { managementUrl: string; connectionsArn: string }
}
