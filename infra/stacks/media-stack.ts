import { join } from 'node:path'
import { Aws, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda'
import { CfnQueue as MediaConvertQueue } from 'aws-cdk-lib/aws-mediaconvert'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { functionsOf } from '../constructs/functions-of.ts'
import { MediaPipeline, type PipelineFunctions } from '../constructs/media-pipeline.ts'
import { MediaTask } from '../constructs/media-task.ts'
import type { NodeFunction } from '../constructs/node-function.ts'
import type { Foundation } from '../foundation.ts'
import { type FunctionName, functionTable } from '../functions.ts'

export type MediaStackProps = StackProps & { foundation: Foundation; contextDir: string }

/**
 * All that works on videos: the pipeline, its functions and its container, and the workers behind
 * the queues.
 */
export class MediaStack extends Stack {
  readonly pipeline: MediaPipeline
  /** Keeps events that EventBridge could not hand over to a function. */
  readonly undelivered: Queue
  readonly functions: Partial<Record<FunctionName, NodeFunction>>

  constructor(scope: Construct, id: string, { foundation, contextDir, ...props }: MediaStackProps) {
    super(scope, id, props)
    this.undelivered = new Queue(this, 'Undelivered', {
      queueName: `${foundation.prefix}-undelivered`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const mediaFoundation: Foundation = {
      ...foundation,
      undelivered: this.undelivered,
      mediaConvert: this.mediaConvert(foundation),
    }
    const mediaTools = new LayerVersion(this, 'MediaTools', {
      description: 'mediainfo.js with its WebAssembly',
      code: Code.fromAsset(join(foundation.distDir, 'layers/media-tools')),
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      compatibleArchitectures: [Architecture.ARM_64],
    })
    this.functions = functionsOf(this, 'media', mediaFoundation, { 'media-tools': mediaTools })
    const task = new MediaTask(this, 'MediaTask', { foundation: mediaFoundation, contextDir })
    this.pipeline = new MediaPipeline(this, 'Pipeline', {
      foundation: mediaFoundation,
      functions: this.functions as PipelineFunctions,
      task,
    })
    task.allowRunBy(this.pipeline.stateMachine.role)
    for (const [name, lambdaFunction] of Object.entries(this.functions)) {
      const { everyMinutes } = functionTable[name as FunctionName]
      if (everyMinutes) this.callEvery(everyMinutes, name, lambdaFunction)
    }
  }

  private callEvery(minutes: number, name: string, lambdaFunction: NodeFunction) {
    new Rule(this, `Schedule-${name}`, {
      schedule: Schedule.rate(Duration.minutes(minutes)),
      targets: [new LambdaFunction(lambdaFunction, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    })
  }

  /**
   * A queue of this stage's own, and the role under which MediaConvert reads uploads and writes
   * renditions.
   */
  private mediaConvert({ prefix, bucketArn }: Foundation): NonNullable<Foundation['mediaConvert']> {
    const role = new Role(this, 'MediaConvertRole', {
      assumedBy: new ServicePrincipal('mediaconvert.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    })
    role.addToPolicy(
      new PolicyStatement({
        actions: ['s3:GetObject'],
        resources: [`${bucketArn}/users/*`, `${bucketArn}/media/*`],
      }),
    )
    role.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [`${bucketArn}/media/*`] }))
    const queue = new MediaConvertQueue(this, 'MediaConvertQueue', {
      name: prefix,
      description: 'HLS renditions',
      pricingPlan: 'ON_DEMAND',
    })
    return { role, queueArn: queue.attrArn }
  }
}
