import { ArnFormat, Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { QueueName } from '../../shared/contract/queues.ts'
import type { Foundation } from '../foundation.ts'
import type { Use } from '../functions.ts'

const allow = (actions: string[], ...resources: string[]) => new PolicyStatement({ actions, resources })

const bucketActions = {
  read: ['s3:GetObject'],
  write: ['s3:PutObject'],
  delete: ['s3:DeleteObject'],
  'list-parts': ['s3:ListMultipartUploadParts'],
  'abort-parts': ['s3:AbortMultipartUpload'],
} as const

/**
 * The IAM statements behind one word of `functions.ts`: the actions that its code calls, on the
 * resources of this stage.
 */
export const statementsFor = (scope: Construct, use: Use, foundation: Foundation): PolicyStatement[] => {
  const [kind, first = '', second = ''] = use.split(':')
  if (kind === 'bucket' && first === 'list') return [listFolder(foundation, second)]
  if (kind === 'bucket')
    return [
      allow([...bucketActions[first as keyof typeof bucketActions]], `${foundation.bucketArn}/${second}/*`),
    ]
  if (kind === 'queue') return [allow(['sqs:SendMessage'], foundation.queues[first as QueueName].queueArn)]
  const statements = others[use as keyof typeof others]
  return statements(foundation, Stack.of(scope))
}

/**
 * Listing also makes S3 answer 404 instead of 403 for an object that is not there: a read names no
 * prefix, hence "if exists".
 */
const listFolder = (foundation: Foundation, folder: string) =>
  new PolicyStatement({
    actions: ['s3:ListBucket'],
    resources: [foundation.bucketArn],
    conditions: { StringLikeIfExists: { 's3:prefix': [`${folder}/*`] } },
  })

const executionsOf = (pipelineArn: string) => `${pipelineArn.replace(':stateMachine:', ':execution:')}:*`

const mediaConvertJobs = (stack: Stack) =>
  stack.formatArn({ service: 'mediaconvert', resource: 'jobs', resourceName: '*' })

const others = {
  db: foundation => [allow(['secretsmanager:GetSecretValue'], foundation.database.secret.secretArn)],
  // Reached by network alone: the security group is the key.
  cache: () => [],
  'auth-secret': foundation => [allow(['secretsmanager:GetSecretValue'], foundation.secrets.auth.secretArn)],
  'openai-secret': foundation => [
    allow(['secretsmanager:GetSecretValue'], foundation.secrets.openAi.secretArn),
  ],
  'connections:add': foundation => [allow(['dynamodb:PutItem'], foundation.connections.tableArn)],
  'connections:read': foundation => [allow(['dynamodb:GetItem'], foundation.connections.tableArn)],
  'connections:change': foundation => [
    allow(['dynamodb:UpdateItem', 'dynamodb:DeleteItem'], foundation.connections.tableArn),
  ],
  'connections:list': foundation => [
    allow(['dynamodb:Query'], `${foundation.connections.tableArn}/index/by-user`),
  ],
  'manage-connections': foundation => {
    if (!foundation.realtime)
      throw new Error('manage-connections: only functions of the api stack know the WebSocket API')
    return [allow(['execute-api:ManageConnections'], foundation.realtime.connectionsArn)]
  },
  'pipeline:start': foundation => [allow(['states:StartExecution'], foundation.pipelineArn)],
  'pipeline:stop': foundation => [allow(['states:StopExecution'], executionsOf(foundation.pipelineArn))],
  'mediaconvert:run': (foundation, stack) => {
    if (!foundation.mediaConvert)
      throw new Error('mediaconvert:run: only functions of the media stack know the job role')
    return [
      allow(['mediaconvert:CreateJob'], foundation.mediaConvert.queueArn),
      allow(['mediaconvert:GetJob'], mediaConvertJobs(stack)),
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [foundation.mediaConvert.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'mediaconvert.amazonaws.com' } },
      }),
    ]
  },
  'mediaconvert:cancel': (_, stack) => [allow(['mediaconvert:CancelJob'], mediaConvertJobs(stack))],
  transcribe: (foundation, stack) => [
    // Transcribe tries whether it may write; some accounts see the probe at the root of the bucket.
    allow(['s3:PutObject'], `${foundation.bucketArn}/.write_access_check_file.temp`),
    // Starting a job takes no resource in IAM; what it may read and write is this role's own access
    // to the bucket.
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
} satisfies Partial<Record<Use, (foundation: Foundation, stack: Stack) => PolicyStatement[]>>
