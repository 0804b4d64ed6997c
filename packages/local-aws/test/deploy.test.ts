// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes its placeholders like JavaScript
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveIntrinsics, type Scope } from '../src/deploy/intrinsics.ts'
import { removePostgres } from '../src/engines/postgres.ts'
import type { Conditions } from '../src/iam/conditions.ts'
import { type Credentials, openKeyring } from '../src/iam/keyring.ts'
import { matchesEvent } from '../src/services/eventbridge/server.ts'
import { type LocalStack, startStack } from '../src/stack/stack.ts'

const getAtt = (id: string, attribute = 'Arn') => ({ 'Fn::GetAtt': [id, attribute] })
const role = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: {} } }
const policy = (roleId: string, ...statements: [action: string, resource: unknown][]) => ({
  Type: 'AWS::IAM::Policy',
  Properties: {
    PolicyName: `${roleId}Policy`,
    Roles: [{ Ref: roleId }],
    PolicyDocument: {
      Statement: statements.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource })),
    },
  },
})
const permission = (principal: string, sourceArn: unknown) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    Action: 'lambda:InvokeFunction',
    FunctionName: { Ref: 'Echo' },
    Principal: principal,
    SourceArn: sourceArn,
  },
})
const lambdaIntegration = {
  'x-amazon-apigateway-integration': {
    type: 'aws_proxy',
    httpMethod: 'POST',
    uri: {
      'Fn::Sub': 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Echo.Arn}/invocations',
    },
  },
}
const apiArn = (path: string) => ({
  'Fn::Sub': `arn:aws:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${Api}/api/${path}`,
})

// The tests need nothing of the function but the events that it saw.
const echo = `
import { appendFileSync } from 'node:fs'
export const handler = async event => {
  appendFileSync(process.env.SEEN, JSON.stringify(event) + '\\n')
  if (event.fail) throw Object.assign(new Error('as told'), { name: 'ToldTo' })
  const { GREETING, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_S3, DATABASE_URL } = process.env
  return { statusCode: 200, body: JSON.stringify({ GREETING, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_S3, DATABASE_URL }) }
}`

const definition = {
  StartAt: 'Work',
  States: {
    Work: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: '<echo>', 'Payload.$': '$' },
      End: true,
    },
  },
}
const [beforeArn, afterArn] = JSON.stringify(definition).split('<echo>')

const resources = (seen: string) => ({
  EchoRole: role,
  EchoPolicy: policy(
    'EchoRole',
    ['sqs:*', getAtt('Queue')],
    ['secretsmanager:GetSecretValue', { Ref: 'Secret' }],
  ),
  MayListUsers: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'MayListUsers',
      Roles: [{ Ref: 'EchoRole' }],
      PolicyDocument: {
        Statement: {
          ...{ Effect: 'Allow', Action: 's3:ListBucket', Resource: getAtt('Bucket') },
          Condition: { StringLikeIfExists: { 's3:prefix': ['users/*'] } },
        },
      },
    },
  },
  Echo: {
    Type: 'AWS::Lambda::Function',
    DependsOn: 'EchoPolicy',
    Properties: {
      FunctionName: { 'Fn::Sub': '${AWS::StackName}-echo' },
      Code: { S3Bucket: 'assets', S3Key: 'echo.zip' },
      Handler: 'index.handler',
      Role: getAtt('EchoRole'),
      Timeout: 5,
      MemorySize: 256,
      Environment: {
        Variables: { SEEN: seen, GREETING: { 'Fn::If': ['Friendly', 'hello', { Ref: 'AWS::NoValue' }] } },
      },
    },
  },
  DeadLetters: { Type: 'AWS::SQS::Queue' },
  Queue: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout: 30,
      RedrivePolicy: { deadLetterTargetArn: getAtt('DeadLetters'), maxReceiveCount: 2 },
    },
  },
  Source: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { FunctionName: { Ref: 'Echo' }, EventSourceArn: getAtt('Queue'), BatchSize: 1 },
  },
  Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'media' } },
  Notifications: {
    Type: 'Custom::S3BucketNotifications',
    Properties: {
      BucketName: { Ref: 'Bucket' },
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            Events: ['s3:ObjectCreated:*'],
            QueueArn: getAtt('Queue'),
            Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'users/' }] } },
          },
        ],
      },
    },
  },
  Secret: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: { GenerateSecretString: { PasswordLength: 40, ExcludePunctuation: true } },
  },
  Pair: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: {
      Name: 'pair',
      GenerateSecretString: {
        SecretStringTemplate: {
          'Fn::Sub': '{"first":"{{resolve:secretsmanager:${Secret}:SecretString:::}}"}',
        },
        GenerateStringKey: 'second',
        ExcludePunctuation: true,
      },
    },
  },
  DatabaseSecret: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: {
      Name: 'database',
      GenerateSecretString: { SecretStringTemplate: '{"username":"hub"}', GenerateStringKey: 'password' },
    },
  },
  Attachment: {
    Type: 'AWS::SecretsManager::SecretTargetAttachment',
    Properties: { SecretId: { Ref: 'DatabaseSecret' } },
  },
  Network: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
  MachineRole: role,
  MachinePolicy: policy('MachineRole', [
    'lambda:InvokeFunction',
    { 'Fn::Join': ['', [getAtt('Echo'), '*']] },
  ]),
  Machine: {
    Type: 'AWS::StepFunctions::StateMachine',
    DependsOn: ['MachinePolicy'],
    Properties: {
      StateMachineName: 'machine',
      RoleArn: getAtt('MachineRole'),
      DefinitionString: { 'Fn::Join': ['', [beforeArn, getAtt('Echo'), afterArn]] },
    },
  },
  Failed: {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [{ Ref: 'Machine' }], status: ['FAILED', 'TIMED_OUT'] },
      },
      Targets: [{ Id: 'T', Arn: getAtt('Echo') }],
    },
  },
  MayTellOfFailure: permission('events.amazonaws.com', getAtt('Failed')),
  Api: {
    Type: 'AWS::ApiGateway::RestApi',
    Properties: {
      Body: {
        openapi: '3.0.1',
        paths: { '/open': { get: lambdaIntegration }, '/shut': { get: lambdaIntegration } },
      },
    },
  },
  Stage: {
    Type: 'AWS::ApiGateway::Stage',
    Properties: { RestApiId: { Ref: 'Api' }, StageName: 'api', DeploymentId: 'd' },
  },
  MayServe: permission('apigateway.amazonaws.com', apiArn('GET/open')),
})

let folder: string
let stack: LocalStack

const writeAssembly = async (more: object = {}) => {
  const assembly = join(folder, 'assembly')
  await mkdir(join(assembly, 'echo'), { recursive: true })
  await writeFile(join(assembly, 'echo/index.mjs'), echo)
  const files = {
    'manifest.json': {
      artifacts: {
        'app.assets': { type: 'cdk:asset-manifest', properties: { file: 'app.assets.json' } },
        app: {
          type: 'aws:cloudformation:stack',
          properties: { templateFile: 'app.template.json' },
          dependencies: ['app.assets'],
        },
      },
    },
    'app.assets.json': {
      files: { echo: { source: { path: 'echo' }, destinations: { here: { objectKey: 'echo.zip' } } } },
    },
    'app.template.json': {
      Conditions: { Friendly: { 'Fn::Equals': [{ Ref: 'AWS::AccountId' }, '000000000000'] } },
      Resources: { ...resources(join(folder, 'seen')), ...more },
    },
  }
  for (const [name, content] of Object.entries(files))
    await writeFile(join(assembly, name), JSON.stringify(content))
  return assembly
}
const start = (assembly: string, state = 'state') =>
  startStack({
    stateDir: join(folder, state),
    restPort: 0,
    webSocketPort: 0,
    environment: process.env,
    distDir: folder,
    database: 'app',
    assembly,
  })

const seen = async () =>
  (await readFile(join(folder, 'seen'), 'utf8').catch(() => ''))
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
const clientOptions = (service: string, credentials = stack.operator) => ({
  endpoint: stack.endpoints[service]!,
  region: 'us-east-1',
  credentials,
})
const queueUrl = () => `${stack.endpoints.SQS}/000000000000/app-Queue`
const secretText = async () => (await readFile(join(folder, 'state/secrets.json'), 'utf8')).trim()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deploy-'))
  stack = await start(await writeAssembly())
})
afterAll(async () => {
  await stack?.close()
  for (const state of ['state', 'other']) await removePostgres(join(folder, state, 'postgres'))
  await rm(folder, { recursive: true, force: true })
})

describe('a template deployed on this machine', () => {
  test('feeds a queue’s messages and a bucket’s events to the function', async () => {
    await new SQSClient(clientOptions('SQS')).send(
      new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: 'by hand' }),
    )
    await new S3Client({ ...clientOptions('S3'), forcePathStyle: true }).send(
      new PutObjectCommand({ Bucket: 'media', Key: 'users/1/a.txt', Body: 'x' }),
    )
    const bodies = async () =>
      (await seen()).flatMap(event => event.Records?.map((record: { body: string }) => record.body) ?? [])
    await expect
      .poll(bodies, { timeout: 10_000 })
      .toEqual(expect.arrayContaining(['by hand', expect.stringContaining('users/1/a.txt')]))
  })

  test('gives the function its own key, the template’s variables and the addresses of this machine', async () => {
    const answer = await (await fetch(`${stack.restUrl}/open`)).json()
    const { accessKeyId } = openKeyring(join(folder, 'state')).issue('app-EchoRole')
    expect(answer).toEqual({
      GREETING: 'hello',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_ENDPOINT_URL_S3: stack.s3Url,
      DATABASE_URL: stack.databaseUrl.replace(/postgres:\w+@/, ''),
    })
  })

  test('refuses what the template forgot to grant', async () => {
    expect((await fetch(`${stack.restUrl}/shut`)).status).toBeGreaterThanOrEqual(500)
    const key = openKeyring(join(folder, 'state')).issue('app-EchoRole')
    const dead = `${stack.endpoints.SQS}/000000000000/app-DeadLetters`
    const send = new SQSClient(clientOptions('SQS', key)).send(
      new SendMessageCommand({ QueueUrl: dead, MessageBody: 'x' }),
    )
    await expect(send).rejects.toThrow(/role\/app-EchoRole is not authorized to perform: sqs:SendMessage/)
  })

  test('lets a role list only the folder that its grant names', async () => {
    const key = openKeyring(join(folder, 'state')).issue('app-EchoRole')
    const s3 = new S3Client({ ...clientOptions('S3', key), forcePathStyle: true })
    const list = (Prefix: string) => s3.send(new ListObjectsV2Command({ Bucket: 'media', Prefix }))
    expect((await list('users/1/')).$metadata.httpStatusCode).toBe(200)
    await expect(list('media/1/')).rejects.toMatchObject({ name: 'AccessDenied' })
  })

  test('generates secrets, also those made of one another', async () => {
    const { pair, 'app-Secret': one } = JSON.parse(await secretText())
    expect(one).toMatch(/^[A-Za-z0-9]{40}$/)
    expect(JSON.parse(pair)).toEqual({ first: one, second: expect.stringMatching(/^[A-Za-z0-9]{32}$/) })
  })

  test('tells who may connect to the database by its secret alone, and whom the template let read it', async () => {
    const read = async (credentials: Credentials) => {
      const client = new SecretsManagerClient({
        region: 'us-east-1',
        endpoint: stack.endpoints.SECRETS_MANAGER!,
        credentials,
      })
      return (await client.send(new GetSecretValueCommand({ SecretId: 'database' }))).SecretString!
    }
    const { username, password } = new URL(stack.databaseUrl)
    expect(JSON.parse(await read(stack.operator))).toEqual({ username, password })
    await expect(read(openKeyring(join(folder, 'state')).issue('app-EchoRole'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
  })

  test('runs the state machine and tells the rule’s target when it fails', async () => {
    const sfn = new SFNClient(clientOptions('SFN'))
    const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:machine'
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn, name: 'bad', input: '{"fail":true}' }),
    )
    await expect
      .poll(async () => (await seen()).filter(event => event.source === 'aws.states'))
      .toMatchObject([{ detail: { name: 'bad', status: 'FAILED' } }])
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }))
    expect(execution).toMatchObject({
      status: 'FAILED',
      error: 'ToldTo',
      cause: expect.stringContaining('as told'),
    })
  })

  test('says so when a stack already runs there', async () => {
    await expect(start(join(folder, 'assembly'))).rejects.toThrow(/already runs/)
  })

  test('keeps secrets, names and undelivered messages over a restart', async () => {
    const before = { secret: await secretText(), databaseUrl: stack.databaseUrl, s3Url: stack.s3Url }
    const dead = { QueueUrl: `${stack.endpoints.SQS}/000000000000/app-DeadLetters` }
    await new SQSClient(clientOptions('SQS')).send(
      new SendMessageCommand({ ...dead, MessageBody: 'still here' }),
    )
    await stack.close()
    stack = await start(join(folder, 'assembly'))
    expect({ secret: await secretText(), databaseUrl: stack.databaseUrl, s3Url: stack.s3Url }).toEqual(before)
    const { Messages } = await new SQSClient(clientOptions('SQS')).send(new ReceiveMessageCommand(dead))
    expect(Messages?.map(({ Body }) => Body)).toEqual(['still here'])
  })

  test('does not start with a type that local-aws does not emulate', async () => {
    const assembly = await writeAssembly({ Novelty: { Type: 'AWS::Bedrock::Agent' } })
    await expect(start(assembly, 'other')).rejects.toThrow(
      /app has resources that local-aws does not emulate: AWS::Bedrock::Agent/,
    )
  })
})

describe('the language of templates', () => {
  const scope: Scope = {
    ref: name => ({ 'AWS::Region': 'us-east-1', List: ['a', 'b'] })[name] ?? `ref-${name}`,
    attribute: (id, attribute) => `${id}.${attribute}`,
    condition: name => name === 'Yes',
    mapping: (...keys) => keys.join('/'),
    exported: name => `exported-${name}`,
  }
  test.each([
    [{ 'Fn::Sub': ['${A}-${B.Arn}-${!C}-${D}', { D: { Ref: 'X' } }] }, 'ref-A-B.Arn-${C}-ref-X'],
    [{ 'Fn::Join': [',', { Ref: 'List' }] }, 'a,b'],
    [{ 'Fn::Select': ['1', { 'Fn::Split': ['|', 'x|y'] }] }, 'y'],
    [{ a: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] }, b: [{ Ref: 'AWS::NoValue' }, 2] }, { b: [2] }],
    [{ 'Fn::ImportValue': { 'Fn::Sub': 'n-${A}' } }, 'exported-n-ref-A'],
    [{ 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Not': [{ Condition: 'No' }] }] }, true],
    [{ 'Fn::FindInMap': ['M', { Ref: 'AWS::Region' }, 'k'] }, 'M/us-east-1/k'],
    [{ 'Fn::GetAZs': '' }, ['us-east-1a', 'us-east-1b', 'us-east-1c']],
  ])('resolves %j', (value, expected) => {
    expect(resolveIntrinsics(value, scope)).toEqual(expected)
  })

  test('stops at a function that it does not know', () => {
    expect(() => resolveIntrinsics({ 'Fn::Cidr': [] }, scope)).toThrow(/Fn::Cidr/)
  })
})

describe('grants and patterns', () => {
  test('a role may do what is allowed and not denied', () => {
    const keyring = openKeyring(folder)
    const { accessKeyId } = keyring.issue('reader')
    keyring.attach('reader', 'p', {
      Statement: [
        {
          Effect: 'Allow',
          Action: ['s3:Get*', 's3:ListBucket'],
          Resource: ['arn:aws:s3:::media', 'arn:aws:s3:::media/users/*'],
        },
        { Effect: 'Deny', NotAction: 's3:GetObject', Resource: '*' },
      ],
    })
    const may = (action: string, resource: string) => keyring.authorize(accessKeyId, action, resource)
    expect(may('s3:GetObject', 'arn:aws:s3:::media/users/1/a')).toBe(true)
    expect(may('s3:GetObject', 'arn:aws:s3:::media/other/a')).toBe(false)
    expect(may('s3:ListBucket', 'arn:aws:s3:::media')).toBe(false)
    expect(keyring.authorize('AKIAUNKNOWN', 's3:GetObject', 'arn:aws:s3:::media')).toBe(false)
    expect(keyring.authorize(keyring.operator.accessKeyId, 'anything:AtAll', '*')).toBe(true)
  })

  test('a role may do it only under the conditions of the grant', () => {
    const keyring = openKeyring(folder)
    const { accessKeyId } = keyring.issue('passer')
    const Statement = { Effect: 'Allow' as const, Action: 'iam:PassRole', Resource: '*' }
    keyring.attach('passer', 'p', {
      Statement: { ...Statement, Condition: { StringEquals: { 'iam:PassedToService': 'a.amazonaws.com' } } },
    })
    const mayPassTo = (service?: string) =>
      keyring.authorize(
        accessKeyId,
        'iam:PassRole',
        'arn:aws:iam::0:role/r',
        service ? { 'iam:PassedToService': service } : {},
      )
    expect([mayPassTo('a.amazonaws.com'), mayPassTo('b.amazonaws.com'), mayPassTo()]).toEqual([
      true,
      false,
      false,
    ])
  })

  test('a condition that nothing here evaluates stops the start', () => {
    const attach = (Condition: Conditions) => () =>
      openKeyring(folder).attach('r', 'p', {
        Statement: { Effect: 'Allow', Action: '*', Resource: '*', Condition },
      })
    expect(attach({ StringLike: { 'aws:username': '*' } })).toThrow(
      /StringLike on aws:username is not emulated here/,
    )
    expect(attach({ IpAddress: { 's3:prefix': '10.0.0.0/8' } })).toThrow(
      /IpAddress on s3:prefix is not emulated here/,
    )
  })

  test('an event fits a pattern by every one of its fields', () => {
    const event = { source: 'aws.states', detail: { status: 'FAILED', name: 'video-1' } }
    expect(
      matchesEvent({ source: ['aws.s3', 'aws.states'], detail: { name: [{ prefix: 'video-' }] } }, event),
    ).toBe(true)
    expect(matchesEvent({ detail: { status: [{ 'anything-but': ['FAILED'] }] } }, event)).toBe(false)
    expect(matchesEvent({ detail: { error: [{ exists: false }] } }, event)).toBe(true)
  })
})
