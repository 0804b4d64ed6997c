import { engineResources } from '../engines/resources.ts'
import { iamResources } from '../iam/resources.ts'
import { apiGatewayResources } from '../services/api-gateway/resources.ts'
import { dynamodbResources } from '../services/dynamodb/resources.ts'
import { ecsResources } from '../services/ecs/resources.ts'
import { eventbridgeResources } from '../services/eventbridge/resources.ts'
import { lambdaResources } from '../services/lambda/resources.ts'
import { mediaconvertResources } from '../services/mediaconvert/resources.ts'
import { s3Resources } from '../services/s3/resources.ts'
import { secretsManagerResources } from '../services/secrets-manager/resources.ts'
import { sqsResources } from '../services/sqs/resources.ts'
import { stepFunctionsResources } from '../services/step-functions/resources.ts'
import type { ResourceKind } from './cloud.ts'

const kinds: ResourceKind[] = [
  ...s3Resources,
  ...sqsResources,
  ...dynamodbResources,
  ...secretsManagerResources,
  ...ecsResources,
  ...eventbridgeResources,
  ...mediaconvertResources,
  ...stepFunctionsResources,
  ...lambdaResources,
  ...apiGatewayResources,
  ...iamResources,
  ...engineResources,
]

/** The kinds of resource that are emulated, by CloudFormation type. */
export const resourceKinds: ReadonlyMap<string, ResourceKind> = new Map(kinds.flatMap(kind => kind.types.map(type => [type, kind])))
