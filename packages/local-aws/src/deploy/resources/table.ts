import type { ResourceKind } from '../cloud.ts'
import { cache } from './cache.ts'
import { database } from './database.ts'
import { dynamodbTable } from './dynamodb-table.ts'
import { ecsCluster, ecsTaskDefinition } from './ecs.ts'
import { eventsRule } from './events-rule.ts'
import { iamPolicy, iamRole } from './iam.ts'
import { lambdaEventSource } from './lambda-event-source.ts'
import { lambdaFunction } from './lambda-function.ts'
import { lambdaLayer } from './lambda-layer.ts'
import { lambdaPermission } from './lambda-permission.ts'
import { lambdaVersion } from './lambda-version.ts'
import { mediaConvertQueue } from './mediaconvert-queue.ts'
import { restApi, restApiDeployment, restApiStage } from './rest-api.ts'
import { s3Bucket } from './s3-bucket.ts'
import { s3Notifications } from './s3-notifications.ts'
import { secret, secretTargetAttachment } from './secret.ts'
import { sqsQueue } from './sqs-queue.ts'
import { stateMachine } from './state-machine.ts'
import { trigger } from './trigger.ts'
import { webSocketApi, webSocketIntegration, webSocketRoute, webSocketStage } from './web-socket-api.ts'

const kinds = [
  [cache, database, dynamodbTable, s3Bucket, s3Notifications, secret, secretTargetAttachment, sqsQueue],
  [ecsCluster, ecsTaskDefinition, eventsRule, mediaConvertQueue, stateMachine, trigger, iamPolicy, iamRole],
  [lambdaEventSource, lambdaFunction, lambdaLayer, lambdaPermission, lambdaVersion],
  [restApi, restApiDeployment, restApiStage],
  [webSocketApi, webSocketIntegration, webSocketRoute, webSocketStage],
].flat()

/** The kinds of resource that are made real, by CloudFormation type. */
export const resourceKinds: ReadonlyMap<string, ResourceKind> = new Map(kinds.flatMap(kind => kind.types.map(type => [type, kind])))
