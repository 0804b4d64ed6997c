import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import {
  AccessLogField,
  AccessLogFormat,
  ApiDefinition,
  EndpointType,
  LogGroupLogDestination,
  MethodLoggingLevel,
  SpecRestApi,
} from 'aws-cdk-lib/aws-apigateway'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Routes } from '../../shared/contract/route.ts'
import type { StageSettings } from '../stages.ts'
import { renderLeanOpenApi } from './lean-openapi.ts'

export type RestApiProps = {
  /** Every physical name begins with it. */
  prefix: string
  /** Origins, limits, retention. */
  settings: StageSettings
  /** The contract's route table. */
  routes: Routes
  /** The functions that the table names. */
  functions: Record<string, IFunction>
}

/**
 * The REST API of the contract. Its stage is named `api`, so the addresses are the guide's without
 * a domain of their own.
 */
export class RestApi extends Construct {
  readonly api: SpecRestApi

  constructor(scope: Construct, id: string, { prefix, settings, routes, functions }: RestApiProps) {
    super(scope, id)
    const functionNamed = (name: string): IFunction => {
      const lambdaFunction = functions[name]
      if (!lambdaFunction)
        throw new Error(`The contract names a function "${name}", which the api stack does not have`)
      return lambdaFunction
    }
    const { partition, region } = Stack.of(this)
    const integrationUri = (name: string) =>
      `arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${functionNamed(name).functionArn}/invocations`

    this.api = new SpecRestApi(this, 'Api', {
      restApiName: prefix,
      apiDefinition: ApiDefinition.fromInline(
        renderLeanOpenApi({ title: prefix, routes, origins: settings.origins, integrationUri }),
      ),
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: true,
      deployOptions: {
        stageName: 'api',
        throttlingRateLimit: settings.api.requestsPerSecond,
        throttlingBurstLimit: settings.api.burst,
        // Metrics by method cost up to 70 USD a month; those of the API, which the alarms use, are
        // free.
        metricsEnabled: false,
        // INFO would write query strings, and with them playback tokens, into the log.
        loggingLevel: MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        accessLogDestination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLogs', {
            logGroupName: `/aws/apigateway/${prefix}-api`,
            retention: settings.logRetentionDays,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        accessLogFormat: accessLogFormat(),
      },
    })
    // API Gateway would make the log of its own errors without an end of retention.
    this.api.deploymentStage.node.addDependency(
      new LogGroup(this, 'ExecutionLogs', {
        logGroupName: `API-Gateway-Execution-Logs_${this.api.restApiId}/api`,
        retention: settings.logRetentionDays,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    )
    for (const name of new Set(Object.values(routes).map(route => route.function))) {
      functionNamed(name).addPermission('RestApi', {
        principal: new ServicePrincipal('apigateway.amazonaws.com'),
        sourceArn: this.api.arnForExecuteApi('*', '/*', 'api'),
      })
    }
  }
}

/** The route's pattern, never the address as it was called: that carries tokens in its query. */
const accessLogFormat = () =>
  AccessLogFormat.custom(
    JSON.stringify({
      requestId: AccessLogField.contextRequestId(),
      time: AccessLogField.contextRequestTime(),
      method: AccessLogField.contextHttpMethod(),
      resource: AccessLogField.contextResourcePath(),
      status: AccessLogField.contextStatus(),
      bytes: AccessLogField.contextResponseLength(),
      latencyMs: AccessLogField.contextResponseLatency(),
      functionMs: AccessLogField.contextIntegrationLatency(),
      error: AccessLogField.contextErrorResponseType(),
      sourceIp: AccessLogField.contextIdentitySourceIp(),
    }),
  )
