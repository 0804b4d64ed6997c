import { ArnFormat, Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { QueueName } from '../../shared/contract/queues.ts'
import type { Use } from '../functions.ts'
import type { Hub } from '../hub.ts'

const allow = (actions: string[], ...resources: string[]) => new PolicyStatement({ actions, resources })

const bucketActions = {
  read: ['s3:GetObject'],
  write: ['s3:PutObject'],
  delete: ['s3:DeleteObject'],
  'list-parts': ['s3:ListMultipartUploadParts'],
  'abort-parts': ['s3:AbortMultipartUpload'],
} as const

/** The IAM statements behind one word of `functions.ts`: the actions that its code calls, on the resources of this stage. */
export const statementsFor = (scope: Construct, use: Use, hub: Hub): PolicyStatement[] => {
  const [kind, first = '', second = ''] = use.split(':')
  if (kind === 'bucket' && first === 'list') return [listFolder(hub, second)]
  if (kind === 'bucket') return [allow([...bucketActions[first as keyof typeof bucketActions]], `${hub.bucketArn}/${second}/*`)]
  if (kind === 'queue') return [allow(['sqs:SendMessage'], hub.queues[first as QueueName].queueArn)]
  const statements = others[use as keyof typeof others]
  return statements(hub, Stack.of(scope))
}

/** Listing also makes S3 answer 404 instead of 403 for an object that is not there: a read names no prefix, hence "if exists". */
const listFolder = (hub: Hub, folder: string) =>
  new PolicyStatement({
    actions: ['s3:ListBucket'],
    resources: [hub.bucketArn],
    conditions: { StringLikeIfExists: { 's3:prefix': [`${folder}/*`] } },
  })

const executionsOf = (pipelineArn: string) => `${pipelineArn.replace(':stateMachine:', ':execution:')}:*`

const mediaConvertJobs = (stack: Stack) => stack.formatArn({ service: 'mediaconvert', resource: 'jobs', resourceName: '*' })

const others = {
  db: hub => [allow(['secretsmanager:GetSecretValue'], hub.database.secret.secretArn)],
  // Reached by network alone: the security group is the key.
  cache: () => [],
  'auth-secret': hub => [allow(['secretsmanager:GetSecretValue'], hub.secrets.auth.secretArn)],
  'openai-secret': hub => [allow(['secretsmanager:GetSecretValue'], hub.secrets.openAi.secretArn)],
  'connections:add': hub => [allow(['dynamodb:PutItem'], hub.connections.tableArn)],
  'connections:read': hub => [allow(['dynamodb:GetItem'], hub.connections.tableArn)],
  'connections:change': hub => [allow(['dynamodb:UpdateItem', 'dynamodb:DeleteItem'], hub.connections.tableArn)],
  'connections:list': hub => [allow(['dynamodb:Query'], `${hub.connections.tableArn}/index/by-user`)],
  'manage-connections': hub => {
    if (!hub.realtime) throw new Error('manage-connections: only functions of the api stack know the WebSocket API')
    return [allow(['execute-api:ManageConnections'], hub.realtime.connectionsArn)]
  },
  'pipeline:start': hub => [allow(['states:StartExecution'], hub.pipelineArn)],
  'pipeline:stop': hub => [allow(['states:StopExecution'], executionsOf(hub.pipelineArn))],
  'mediaconvert:run': (hub, stack) => {
    if (!hub.mediaConvert) throw new Error('mediaconvert:run: only functions of the media stack know the job role')
    return [
      allow(['mediaconvert:CreateJob'], hub.mediaConvert.queueArn),
      allow(['mediaconvert:GetJob'], mediaConvertJobs(stack)),
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [hub.mediaConvert.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'mediaconvert.amazonaws.com' } },
      }),
    ]
  },
  'mediaconvert:cancel': (_hub, stack) => [allow(['mediaconvert:CancelJob'], mediaConvertJobs(stack))],
  transcribe: (hub, stack) => [
    // Transcribe tries whether it may write; some accounts see the probe at the root of the bucket.
    allow(['s3:PutObject'], `${hub.bucketArn}/.write_access_check_file.temp`),
    // Starting a job takes no resource in IAM; what it may read and write is this role's own access to the bucket.
    allow(['transcribe:StartTranscriptionJob'], '*'),
    allow(
      ['transcribe:GetTranscriptionJob'],
      stack.formatArn({
        service: 'transcribe',
        resource: 'transcription-job',
        resourceName: '*',
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    ),
  ],
} satisfies Partial<Record<Use, (hub: Hub, stack: Stack) => PolicyStatement[]>>
