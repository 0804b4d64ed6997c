import type { ResourceKind } from '../deploy/cloud.ts'
import { apiGatewayResources } from './api-gateway/resources.ts'
import { startApiGateway } from './api-gateway/server.ts'
import { dynamodbResources } from './dynamodb/resources.ts'
import { startDynamoDb } from './dynamodb/server.ts'
import { ecsResources } from './ecs/resources.ts'
import { startEcs } from './ecs/server.ts'
import { eventbridgeResources } from './eventbridge/resources.ts'
import { startEventBus } from './eventbridge/server.ts'
import { lambdaResources } from './lambda/resources.ts'
import { startLambda } from './lambda/server.ts'
import { mediaconvertResources } from './mediaconvert/resources.ts'
import { startMediaConvert } from './mediaconvert/server.ts'
import { s3Resources } from './s3/resources.ts'
import { startS3 } from './s3/server.ts'
import { secretsManagerResources } from './secrets-manager/resources.ts'
import { startSecrets } from './secrets-manager/server.ts'
import { sqsResources } from './sqs/resources.ts'
import { startSqs } from './sqs/server.ts'
import { stepFunctionsResources } from './step-functions/resources.ts'
import { startStates } from './step-functions/server.ts'
import { startTranscribe } from './transcribe/server.ts'

/**
 * The shape of an emulated service. What `start` returns has an address, unless only other services
 * call it.
 */
export type Service = {
  start(options: never): Promise<Running> | Running
  /** The CloudFormation types that it deploys. */
  resources: readonly ResourceKind[]
}
type Running = { url?: string; close(): unknown }

/** The emulated services, by the names of their folders. */
export const services = {
  'api-gateway': { start: startApiGateway, resources: apiGatewayResources },
  dynamodb: { start: startDynamoDb, resources: dynamodbResources },
  ecs: { start: startEcs, resources: ecsResources },
  eventbridge: { start: startEventBus, resources: eventbridgeResources },
  lambda: { start: startLambda, resources: lambdaResources },
  mediaconvert: { start: startMediaConvert, resources: mediaconvertResources },
  s3: { start: startS3, resources: s3Resources },
  'secrets-manager': { start: startSecrets, resources: secretsManagerResources },
  sqs: { start: startSqs, resources: sqsResources },
  'step-functions': { start: startStates, resources: stepFunctionsResources },
  transcribe: { start: startTranscribe, resources: [] },
} satisfies Record<string, Service>
