import { type App, type CfnResource, Stack, Validations } from 'aws-cdk-lib'
import { CfnFunction } from 'aws-cdk-lib/aws-lambda'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'

export type Acknowledgement = {
  /** The finding's full id, pack included. */
  id: string
  /**
   * The constructs that it is acknowledged on, by their path without the prefix of the stage:
   * `data/Database/Instance`.
   */
  on: RegExp
  reason: string
}

/** Adds cdk-nag's AwsSolutions and Serverless packs to the checks of synthesis. */
export const addRulePacks = (app: App) =>
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))

/** Acknowledges what is known and meant; anything else the packs find fails the synthesis. */
export const acknowledgeFindings = (app: App, prefix: string) => {
  const rows = acknowledgements(app, prefix)
  for (const construct of app.node.findAll()) {
    const path = construct.node.path.replace(`${prefix}-`, '')
    const rules = rows.filter(({ on }) => on.test(path)).map(({ id, reason }) => ({ id, reason }))
    if (rules.length > 0) Validations.of(construct).acknowledge(...rules)
  }
}

const solutions = (rule: string) => `AwsSolutions::AwsSolutions-${rule}`
const serverless = (rule: string) => `Serverless::Serverless-${rule}`
const wildcard = (resource: string) => solutions(`IAM5[Resource::${resource}]`)
const managed = (policy: string) =>
  solutions(`IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${policy}]`)
const account = '<AWS::Region>:<AWS::AccountId>'

const OUR_FUNCTIONS = /^(migrations|media|api)\/(?!Bucket)\w+$/
const OUR_ROLES = /^(migrations|media|api)\/\w+Role$/

/**
 * Every accepted finding with the reason why it is accepted. A row that meets no finding fails
 * test/infra/nag.test.ts.
 */
export const acknowledgements = (app: App, prefix: string): Acknowledgement[] => [
  {
    id: wildcard('*'),
    on: OUR_ROLES,
    reason:
      'X-Ray, network interfaces and StartTranscriptionJob know no resources in IAM; a test asserts that nothing else has "*".',
  },
  ...['users', 'media'].map(folder => ({
    id: wildcard(`arn:<AWS::Partition>:s3:::${prefix}-media-<AWS::AccountId>-<AWS::Region>/${folder}/*`),
    on: /^(media|api)\/(\w+Role|MediaTask\/Definition\/TaskRole)$/,
    reason:
      'The objects are the videos of all users: which one a call may touch is decided by the query that yields its key.',
  })),
  {
    id: wildcard(`arn:<AWS::Partition>:mediaconvert:${account}:jobs/*`),
    on: /^(media|api)\/(PipelineTranscode|PipelineFail|ScheduledReconcile|Videos)Role$/,
    reason: 'MediaConvert invents the ids of jobs; ours are read from our own records.',
  },
  {
    id: wildcard(`arn:<AWS::Partition>:transcribe:${account}:transcription-job/*`),
    on: /^media\/PipelineTranscribeRole$/,
    reason: 'One job a run, named after it: the names are not known before.',
  },
  {
    id: wildcard(`arn:<AWS::Partition>:states:${account}:execution:${prefix}-pipeline:*`),
    on: /^(media\/ScheduledReconcile|api\/Videos)Role$/,
    reason: 'Executions of this one state machine; each is named after its video.',
  },
  {
    id: wildcard(
      `arn:<AWS::Partition>:execute-api:${account}:<${logicalIdOf(app, `${prefix}-api/WebSocket/Api/Resource`)}>/ws/POST/@connections/*`,
    ),
    on: /^api\/(Realtime|WorkerRelay)Role$/,
    reason: 'Connections of this one API; their ids are given out by API Gateway.',
  },
  ...pipelineFunctions(app, prefix).map(logicalId => ({
    id: wildcard(`<${logicalId}.Arn>:*`),
    on: /^media\/Pipeline\/StateMachine\/Role$/,
    reason: 'CDK grants the versions of a function along with it; it has none but the latest.',
  })),
  {
    id: wildcard(`arn:<AWS::Partition>:ecs:${account}:task-definition/${prefix}-media-task:*`),
    on: /^media\/Pipeline\/StateMachine\/Role$/,
    reason: 'The revisions of this one task: an execution that a deployment overtakes starts the new one.',
  },
  {
    id: wildcard('*'),
    on: /^media\/Pipeline\/StateMachine\/Role$/,
    reason:
      'Step Functions delivers logs and traces and follows ECS tasks by actions that know no resources in IAM.',
  },
  {
    id: wildcard('*'),
    on: /^media\/MediaTask\/Definition\/ExecutionRole$/,
    reason: 'ecr:GetAuthorizationToken knows no resources in IAM.',
  },
  {
    id: managed('AWSLambdaBasicExecutionRole'),
    on: /^data\/BucketNotificationsHandler\w+$/,
    reason:
      "CDK's own function writes the bucket's notification settings at deployment; the policy allows it to log.",
  },
  {
    id: managed('AmazonAPIGatewayPushToCloudWatchLogs'),
    on: /^api\/Rest\/Api\/CloudWatchRole$/,
    reason: 'The policy that AWS publishes for exactly this: API Gateway writing its logs.',
  },
  {
    id: serverless('LambdaDLQ'),
    on: OUR_FUNCTIONS,
    reason:
      'Requests fail to their caller, queue messages go to the dead-letter queue of their queue, states have Retry and Catch, what EventBridge tells of has an on-failure destination, and after a failed run of a schedule comes the next.',
  },
  {
    id: serverless('LambdaAsyncFailureDestination'),
    on: /^media\/ScheduledReconcile\/EventInvokeConfig$/,
    reason:
      'A missed run of the schedule is worth nothing, since the next one does its work; an alarm rings when they keep failing.',
  },
  {
    id: serverless('EventBusDLQ'),
    on: /^media\/Schedule-scheduled-reconcile$/,
    reason: 'A missed call of the schedule is worth nothing: the next one comes within a minute.',
  },
  {
    id: serverless('LambdaEventSourceMappingDestination'),
    on: /^(media|api)\/\w+\/SqsEventSource:.+$/,
    reason: 'SQS sources take no destination: the redrive policy of the queue does this work.',
  },
  ...['data/\\w+Queue/DeadLetters', 'media/Undelivered'].map(path => ({
    id: serverless('SQSRedrivePolicy'),
    on: new RegExp(`^${path}$`),
    reason: 'It is where failed messages end; the alarm on it calls a person.',
  })),
  {
    id: solutions('SQS3'),
    on: /^media\/Undelivered$/,
    reason: 'It is itself the dead-letter queue of EventBridge rules and functions.',
  },
  {
    id: solutions('SMG4'),
    on: /^data\/(AuthSecret|JwtSecret|OpenAiSecret)$/,
    reason:
      'A new signing key signs everybody out and a new API key comes from OpenAI: both are decided by a person (docs/deployment.md, Rotation).',
  },
  {
    id: solutions('SMG4'),
    on: /^data\/Database\/Instance\/Secret$/,
    reason:
      'Rotated by a person (docs/deployment.md, Rotation): the database is reachable from one security group alone.',
  },
  ...['EC26', 'EC28', 'EC29'].map(rule => ({
    id: solutions(rule),
    on: /^network\/Vpc\/\w+\/NatInstance$/,
    reason:
      'The small NAT of the stages that are not production: it forwards packets, keeps nothing, and may be replaced at any time.',
  })),
  ...['RDS3', 'RDS10'].map(rule => ({
    id: solutions(rule),
    on: /^data\/Database\/Instance$/,
    reason:
      'Stages whose data may be lost run in one zone and can be deleted; stages.ts sets both for production, and a test asserts it.',
  })),
  {
    id: solutions('RDS11'),
    on: /^data\/Database\/Instance$/,
    reason: 'The port hides nothing: only the security group of the proxy gets there.',
  },
  {
    id: solutions('S1'),
    on: /^data\/MediaBucket$/,
    reason:
      'Who opens a link is recorded nowhere, and that is accepted: the logs would be one more store of addresses and of what people watch.',
  },
  {
    id: solutions('ECS2'),
    on: /^media\/MediaTask\/Definition$/,
    reason: 'The variables are names and addresses; secrets are read at the start by their ARN.',
  },
  {
    id: solutions('APIG2'),
    on: /^api\/Rest\/Api$/,
    reason:
      'The functions validate against the contract and list all problems at once; the gateway would stop at the first.',
  },
  {
    id: solutions('APIG3'),
    on: /^api\/Rest\/Api\/DeploymentStage\.api$/,
    reason:
      'A web ACL costs more than the rest of the API at this size; throttling and the limits of the functions hold until one is put in front.',
  },
  {
    id: serverless('APIGWXrayEnabled'),
    on: /^api\/Rest\/Api\/DeploymentStage\.api$/,
    reason:
      'Its traces would keep the addresses of requests, and those of playback carry a token; the functions trace themselves.',
  },
  {
    id: solutions('APIG4'),
    on: /^api\/WebSocket\/Api\/\$\w+-Route$/,
    reason:
      '$connect checks origin and token or ticket in the function, so a logout is effective at once; the others run on a checked connection.',
  },
]

const logicalIdOf = (app: App, path: string): string => {
  const resource = app.node.findAll().find(({ node }) => node.path === path) as CfnResource | undefined
  if (!resource) throw new Error(`nag.ts names ${path}, which is not there`)
  return Stack.of(resource).resolve(resource.logicalId)
}

const pipelineFunctions = (app: App, prefix: string): string[] =>
  app.node
    .findAll()
    .filter(
      construct =>
        construct instanceof CfnFunction && construct.node.path.startsWith(`${prefix}-media/Pipeline`),
    )
    .map(construct => logicalIdOf(app, construct.node.path))
