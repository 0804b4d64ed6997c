import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { App, Duration, Stack } from 'aws-cdk-lib'
import { ApiDefinition, SpecRestApi } from 'aws-cdk-lib/aws-apigateway'
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Function as CdkFunction, Code, Runtime } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3'
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type LocalStack, startStack } from '../src/stack/stack.ts'

// A function that writes down what reaches it.
const CLERK = `import { appendFileSync } from 'node:fs'
export const handler = async event => {
  appendFileSync(process.env.LEDGER, JSON.stringify(event) + '\\n')
  return event.httpMethod ? { statusCode: 200, body: JSON.stringify({ parcel: event.pathParameters.id }) } : { weighed: event.grams }
}`

let folder: string
let stack: LocalStack
let ledger: string

/** An app that has nothing to do with videos: a shop that takes in parcels. */
const synthesizeShop = (): string => {
  const app = new App({
    outdir: join(folder, 'cdk.out'),
    context: { 'aws:cdk:enable-asset-metadata': true, 'aws:cdk:disable-asset-staging': true },
  })
  const shop = new Stack(app, 'parcel-shop')
  const clerk = new CdkFunction(shop, 'Clerk', {
    functionName: 'clerk',
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(join(folder, 'dist/clerk')),
    timeout: Duration.seconds(5),
    environment: { LEDGER: ledger },
  })
  const arrivals = new Queue(shop, 'Arrivals', {
    queueName: 'arrivals',
    visibilityTimeout: Duration.seconds(30),
  })
  clerk.addEventSource(new SqsEventSource(arrivals, { batchSize: 1 }))
  const photos = new Bucket(shop, 'Photos', { bucketName: 'parcel-photos' })
  photos.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(arrivals))
  new TableV2(shop, 'Parcels', {
    tableName: 'parcels',
    partitionKey: { name: 'id', type: AttributeType.STRING },
  })
  new Secret(shop, 'Stamp', { secretName: 'stamp', generateSecretString: { passwordLength: 12 } })
  const weigh = new LambdaInvoke(shop, 'Weigh', { lambdaFunction: clerk, payloadResponseOnly: true })
  new StateMachine(shop, 'Weighing', {
    stateMachineName: 'weighing',
    definitionBody: DefinitionBody.fromChainable(weigh),
  })
  new Rule(shop, 'Stocktaking', {
    schedule: Schedule.rate(Duration.hours(1)),
    targets: [new LambdaFunction(clerk)],
  })
  const uri = `arn:aws:apigateway:${shop.region}:lambda:path/2015-03-31/functions/${clerk.functionArn}/invocations`
  new SpecRestApi(shop, 'Counter', {
    deployOptions: { stageName: 'counter' },
    apiDefinition: ApiDefinition.fromInline({
      openapi: '3.0.1',
      info: { title: 'counter', version: '1' },
      paths: {
        '/parcels/{id}': {
          get: { 'x-amazon-apigateway-integration': { type: 'aws_proxy', httpMethod: 'POST', uri } },
        },
      },
    }),
  })
  clerk.addPermission('Counter', { principal: new ServicePrincipal('apigateway.amazonaws.com') })
  return app.synth().directory
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parcel-shop-'))
  ledger = join(folder, 'ledger')
  await mkdir(join(folder, 'dist/clerk'), { recursive: true })
  await writeFile(join(folder, 'dist/clerk/index.mjs'), CLERK)
  stack = await startStack({
    stateDir: join(folder, 'state'),
    assembly: synthesizeShop(),
    distDir: join(folder, 'dist'),
    database: 'shop',
    restPort: 0,
    webSocketPort: 0,
    environment: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      REDIS_URL: 'none',
      DATABASE_URL: 'postgres://127.0.0.1:9/unused',
    },
  })
}, 120_000)
afterAll(async () => {
  await stack?.close()
  await rm(folder, { recursive: true })
})

const client = (service: string) => ({
  endpoint: stack.endpoints[service]!,
  region: 'us-east-1',
  credentials: stack.operator,
})
const written = async () => (await readFile(ledger, 'utf8').catch(() => '')).trim().split('\n')

test('a file in the bucket reaches the function by notification, queue and event source', async () => {
  await new S3Client({ ...client('S3'), forcePathStyle: true }).send(
    new PutObjectCommand({ Bucket: 'parcel-photos', Key: 'box.jpg', Body: 'a box' }),
  )
  await vi.waitFor(async () => expect((await written()).join()).toContain('box.jpg'), 10_000)
})

test('an execution of the state machine gives what the function returned', async () => {
  const states = new SFNClient(client('SFN'))
  const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:weighing'
  const { executionArn } = await states.send(
    new StartExecutionCommand({ stateMachineArn, input: '{"grams":250}' }),
  )
  await vi.waitFor(async () => {
    const { status, output } = await states.send(new DescribeExecutionCommand({ executionArn }))
    expect([status, output]).toEqual(['SUCCEEDED', '{"weighed":250}'])
  }, 10_000)
})

test('the table keeps items and the secret has its generated value', async () => {
  const table = new DynamoDBClient(client('DYNAMODB'))
  await table.send(
    new PutItemCommand({ TableName: 'parcels', Item: { id: { S: 'p1' }, grams: { N: '250' } } }),
  )
  const { Item } = await table.send(new GetItemCommand({ TableName: 'parcels', Key: { id: { S: 'p1' } } }))
  expect(Item).toMatchObject({ grams: { N: '250' } })
  const secrets = new SecretsManagerClient(client('SECRETS_MANAGER'))
  expect((await secrets.send(new GetSecretValueCommand({ SecretId: 'stamp' }))).SecretString).toHaveLength(12)
})

test('the route of the API is answered by the function, and no other', async () => {
  const answer = await fetch(`${stack.restUrl}/parcels/p1`)
  expect([answer.status, await answer.json()]).toEqual([200, { parcel: 'p1' }])
  expect((await fetch(`${stack.restUrl}/letters/1`)).status).toBe(403)
})
