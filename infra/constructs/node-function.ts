import { join } from 'node:path'
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { SubnetType } from 'aws-cdk-lib/aws-ec2'
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  Code,
  type ILayerVersion,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { environmentOf } from '../environment.ts'
import type { Foundation } from '../foundation.ts'
import { type FunctionName, type FunctionRow, functionTable } from '../functions.ts'
import { statementsFor } from './grants.ts'

export type NodeFunctionProps = {
  /** The row of `functions.ts` that this function is made from. */
  name: FunctionName
  /** The source of its variables and grants. */
  foundation: Foundation
  /** The layers that the row names. */
  layers?: ILayerVersion[]
}

/**
 * Amazon's authorities, which the runtime brings along and does not load by itself:
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
 */
const LAMBDA_CA_FILE = '/var/runtime/ca-cert.pem'

/**
 * One Lambda function from its bundle `dist/<name>`, with the grants, variables and queue of its
 * row and nothing else.
 */
export class NodeFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, { name, foundation, layers }: NodeFunctionProps) {
    const row = functionTable[name]
    const functionName = `${foundation.prefix}-${name}`
    const usesDatabase = row.uses.some(use => use === 'db')
    const inVpc = row.uses.some(use => use === 'db' || use === 'cache')
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: foundation.settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    super(scope, id, {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(join(foundation.distDir, name)),
      handler: 'index.handler',
      memorySize: row.memoryMb,
      timeout: Duration.seconds(row.timeoutSeconds),
      environment: {
        ...environmentOf(row.environment, foundation),
        // RDS signs the certificates of instances by authorities of its own.
        ...(usesDatabase && !foundation.settings.database.proxy && { NODE_EXTRA_CA_CERTS: LAMBDA_CA_FILE }),
      },
      layers,
      logGroup,
      loggingFormat: LoggingFormat.TEXT,
      tracing: Tracing.ACTIVE,
      role: new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
      ...(inVpc && {
        vpc: foundation.vpc,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        securityGroups: [foundation.applicationGroup],
      }),
      ...(row.eventBridgeTarget &&
        foundation.undelivered && {
          onFailure: new SqsDestination(foundation.undelivered),
          retryAttempts: 2,
        }),
      ...(row.everyMinutes && { retryAttempts: 0 }),
      ...(row.sendsToItself && { recursiveLoop: RecursiveLoop.ALLOW }),
    })
    logGroup.grantWrite(this)
    if (inVpc) for (const statement of this.networkInterfaces(functionName)) this.addToRolePolicy(statement)
    for (const use of row.uses)
      for (const statement of statementsFor(this, use, foundation)) this.addToRolePolicy(statement)
    if (row.queue) this.consume(row.queue, foundation)
  }

  /**
   * Adds 1 to a metric for each line of its log that says this, or that it ran out of time: for
   * failures that the function handles itself, which are none of its errors.
   */
  countLines(text: string, metric: { namespace: string; metricName: string }) {
    new MetricFilter(this, metric.metricName, {
      logGroup: this.logGroup,
      filterPattern: FilterPattern.anyTerm(text, 'Task timed out'),
      metricNamespace: metric.namespace,
      metricName: metric.metricName,
    })
  }

  private consume(
    { name, batchSize, maxConcurrency }: NonNullable<FunctionRow['queue']>,
    foundation: Foundation,
  ) {
    this.addEventSource(
      new SqsEventSource(foundation.queues[name], {
        batchSize,
        maxConcurrency,
        reportBatchItemFailures: true,
      }),
    )
  }

  /**
   * Lambda makes and removes the network interfaces under the function's role. The function's own
   * code may not: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
   */
  private networkInterfaces(functionName: string): PolicyStatement[] {
    // EC2 knows no resource for these actions.
    const actions = [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ]
    // From its name: its own ARN would make the role and the function wait for each other.
    const arn = Stack.of(this).formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: functionName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    return [
      new PolicyStatement({ actions, resources: ['*'] }),
      new PolicyStatement({
        effect: Effect.DENY,
        actions,
        resources: ['*'],
        conditions: { ArnEquals: { 'lambda:SourceFunctionArn': arn } },
      }),
    ]
  }
}
