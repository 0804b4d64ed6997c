import { createHash } from 'node:crypto'
import type { RoleKeyring } from '../iam/keyring.ts'
import { matchesPattern } from '../iam/patterns.ts'
import type { DynamoDb } from '../services/dynamodb/server.ts'
import type { Ecs } from '../services/ecs/server.ts'
import type { EventBus } from '../services/eventbridge/server.ts'
import type { Lambda } from '../services/lambda/server.ts'
import type { CorsRule } from '../services/s3/cors.ts'
import type { S3 } from '../services/s3/server.ts'
import type { Secrets } from '../services/secrets-manager/server.ts'
import type { Sqs } from '../services/sqs/server.ts'
import type { States } from '../services/step-functions/server.ts'

export type Permission = { functionName: string; principal: string; sourceArn?: string }
export type RestApi = { id: string; body: object; stageName?: string }
export type WebSocketApi = {
  id: string
  stageName?: string
  integrations: Map<string, string>
  routes: Map<string, string>
}

/** The services that resources are deployed onto. */
export type Services = {
  region: string
  account: string
  keyring: RoleKeyring
  /** With user and password. */
  databaseUrl: string
  lambda: Lambda
  s3: S3
  sqs: Sqs
  dynamodb: DynamoDb
  secrets: Secrets
  states: States
  ecs: Ecs
  bus: EventBus
  log: (line: object) => void
}

/**
 * The values that resources leave behind for each other, and for the gateways and workers that
 * start after them.
 */
export type DeployedState = {
  roleOfFunction: Map<string, string>
  functionOfFolder: Map<string, string>
  buckets: Map<string, { cors?: CorsRule[] }>
  queueVisibilitySeconds: Map<string, number>
  timeoutOfFunction: Map<string, number>
  layers: Map<string, string>
  permissions: Permission[]
  restApis: Map<string, RestApi>
  webSocketApis: Map<string, WebSocketApi>
  /** Workers that start when everything is deployed; they are closed with the stack. */
  onDeployed: (() => { close(): Promise<void> | void } | undefined)[]
}

export type Cloud = Services & DeployedState

export const emptyDeployedState = (): DeployedState => ({
  roleOfFunction: new Map(),
  functionOfFolder: new Map(),
  timeoutOfFunction: new Map(),
  buckets: new Map(),
  queueVisibilitySeconds: new Map(),
  layers: new Map(),
  permissions: [],
  restApis: new Map(),
  webSocketApis: new Map(),
  onDeployed: [],
})

export type Resource<Properties = Record<string, unknown>> = {
  logicalId: string
  stackName: string
  properties: Properties
  /** The file or folder of an asset that the template names by its object key. */
  assetPath(objectKey: string): string
}

export type Deployed = { ref: string; attributes?: Record<string, unknown> }

/** How resources of some CloudFormation types are made real. */
export type ResourceKind = {
  types: string[]
  deploy(resource: Resource<never>, cloud: Cloud): Promise<Deployed> | Deployed
}

export const resourceKind = <Properties>(
  types: string | string[],
  deploy: (resource: Resource<Properties>, cloud: Cloud) => Promise<Deployed> | Deployed,
): ResourceKind => ({ types: [types].flat(), deploy })

type Placed = Pick<Resource, 'stackName' | 'logicalId'>

/** A name that CloudFormation would invent, but the same at every start, so that data stays. */
export const inventedName = ({ stackName, logicalId }: Placed, maximumLength: number): string => {
  const name = `${stackName}-${logicalId}`
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return name.length <= maximumLength ? name : `${name.slice(0, maximumLength - 9)}-${mark}`
}

/** A short id as API Gateway gives out. */
export const inventedId = ({ stackName, logicalId }: Placed): string =>
  createHash('sha256').update(`${stackName}/${logicalId}`).digest('hex').slice(0, 10)

/** Returns whether the template lets a service invoke a function on behalf of `sourceArn`. */
export const mayInvoke = (
  cloud: Pick<Cloud, 'permissions'>,
  functionName: string,
  principal: string,
  sourceArn: string,
): boolean =>
  cloud.permissions.some(
    given =>
      given.functionName === functionName &&
      given.principal === principal &&
      (!given.sourceArn || matchesPattern(given.sourceArn, sourceArn)),
  )
