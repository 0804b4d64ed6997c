import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import { LogGroupLogDestination, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2'
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { StageSettings } from '../stages.ts'

export type RealtimeApiProps = {
  /** Every physical name begins with it. */
  prefix: string
  /** Origins, limits, retention. */
  settings: StageSettings
}

const ROUTES = ['$connect', '$disconnect', '$default'] as const

/**
 * The WebSocket API. Its stage is named `ws`. The function is connected afterwards, because it
 * needs the address first.
 */
export class RealtimeApi extends Construct {
  readonly api: WebSocketApi
  readonly stage: WebSocketStage
  /** The address to which functions post messages for connections. */
  readonly managementUrl: string
  /** The ARN that ManageConnections is granted on. */
  readonly connectionsArn: string

  constructor(scope: Construct, id: string, { prefix, settings }: RealtimeApiProps) {
    super(scope, id)
    this.api = new WebSocketApi(this, 'Api', { apiName: `${prefix}-ws` })
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: 'ws',
      autoDeploy: true,
      throttle: { rateLimit: settings.api.requestsPerSecond, burstLimit: settings.api.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLogs', {
            logGroupName: `/aws/apigateway/${prefix}-ws`,
            retention: settings.logRetentionDays,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        format: AccessLogFormat.custom(
          JSON.stringify({
            requestId: '$context.requestId',
            time: '$context.requestTime',
            event: '$context.eventType',
            route: '$context.routeKey',
            status: '$context.status',
            connectionId: '$context.connectionId',
            error: '$context.error.message',
          }),
        ),
      },
    })
    this.managementUrl = this.stage.callbackUrl
    this.connectionsArn = Stack.of(this).formatArn({
      service: 'execute-api',
      resource: this.api.apiId,
      resourceName: 'ws/POST/@connections/*',
    })
  }

  /** Gives every message, and the opening and closing of connections, to one function. */
  serveWith(lambdaFunction: IFunction) {
    for (const route of ROUTES)
      this.api.addRoute(route, {
        integration: new WebSocketLambdaIntegration(`${route.slice(1)}Integration`, lambdaFunction),
      })
  }
}
