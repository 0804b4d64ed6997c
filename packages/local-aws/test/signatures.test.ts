import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiGatewayManagementApiClient, GetConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { ListJobsCommand, MediaConvertClient } from '@aws-sdk/client-mediaconvert'
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { ListTranscriptionJobsCommand, TranscribeClient } from '@aws-sdk/client-transcribe'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWebSocketGateway } from '../src/services/api-gateway/websocket.ts'
import { startDynamoDb } from '../src/services/dynamodb/server.ts'
import { startMediaConvert } from '../src/services/mediaconvert/server.ts'
import { startS3 } from '../src/services/s3/server.ts'
import { startSecrets } from '../src/services/secrets-manager/server.ts'
import { startSqs } from '../src/services/sqs/server.ts'
import { startStates } from '../src/services/step-functions/server.ts'
import { startTranscribe } from '../src/services/transcribe/server.ts'
import { operatorKeyring as keyring, operator } from './support/serve-s3.ts'

const place = { port: 0, region: 'us-east-1', account: '000000000000', keyring }
const client = (endpoint: string, credentials = operator) => ({
  endpoint,
  region: place.region,
  credentials,
  maxAttempts: 1,
})
type Client = ReturnType<typeof client>

let folder: string
const open: { close(): unknown }[] = []
const opened = async <T extends { close(): unknown }>(starting: Promise<T>): Promise<T> => {
  const server = await starting
  open.push(server)
  return server
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-aws-signatures-'))
})
afterAll(async () => {
  for (const server of open) await server.close()
  await rm(folder, { recursive: true })
})

/** By the folder of `src/services`: starts the service, and calls it by its SDK client. */
const services: Record<string, { start: () => Promise<string>; call: (to: Client) => Promise<unknown> }> = {
  'api-gateway': {
    start: async () => {
      const api = { stageName: 'ws', apiArn: 'arn:aws:execute-api:us-east-1:000000000000:api', routes: {} }
      const invoke = () => Promise.reject(new Error('no function is asked'))
      return (await opened(startWebSocketGateway({ ...place, ...api, invoke, log: () => {} }))).managementUrl
    },
    // A caller who may ask is told that there is no such connection.
    call: to =>
      new ApiGatewayManagementApiClient(to)
        .send(new GetConnectionCommand({ ConnectionId: 'none' }))
        .catch(error => {
          if (error.name !== 'GoneException') throw error
        }),
  },
  dynamodb: {
    start: async () => (await opened(startDynamoDb(place))).url,
    call: to => new DynamoDBClient(to).send(new ListTablesCommand()),
  },
  mediaconvert: {
    start: async () =>
      (await opened(startMediaConvert({ ...place, dataDir: join(folder, 'jobs'), s3: { url: '' } }))).url,
    call: to => new MediaConvertClient(to).send(new ListJobsCommand({ Status: 'COMPLETE', MaxResults: 5 })),
  },
  s3: {
    start: async () => {
      const s3 = await opened(startS3({ ...place, dataDir: join(folder, 's3'), notify: async () => {} }))
      await s3.defineBucket('media', {})
      return s3.url
    },
    call: to =>
      new S3Client({ ...to, forcePathStyle: true }).send(new HeadBucketCommand({ Bucket: 'media' })),
  },
  'secrets-manager': {
    start: async () => {
      const secrets = await opened(startSecrets({ ...place, stateDir: folder }))
      await secrets.define('key', { SecretString: 'value' })
      return secrets.url
    },
    call: to => new SecretsManagerClient(to).send(new GetSecretValueCommand({ SecretId: 'key' })),
  },
  sqs: {
    start: async () => (await opened(startSqs({ ...place, stateDir: folder }))).url,
    call: to => new SQSClient(to).send(new ListQueuesCommand()),
  },
  'step-functions': {
    start: async () => {
      const states = await opened(startStates({ ...place, stateDir: folder, emit: () => {}, log: () => {} }))
      const definitionString = JSON.stringify({ StartAt: 'Done', States: { Done: { Type: 'Succeed' } } })
      await states.define({ name: 'machine', roleArn: '', definitionString, perform: async () => ({}) })
      return states.url
    },
    call: to =>
      new SFNClient(to).send(
        new ListExecutionsCommand({
          stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:machine',
        }),
      ),
  },
  transcribe: {
    start: async () =>
      (await opened(startTranscribe({ ...place, dataDir: join(folder, 'transcribe'), s3: { url: '' } }))).url,
    call: to => new TranscribeClient(to).send(new ListTranscriptionJobsCommand()),
  },
}

test.each(Object.entries(services))(
  '%s serves its SDK client, and refuses one with a wrong secret',
  async (_, { start, call }) => {
    const url = await start()
    await call(client(url))
    const wrong = client(url, { ...operator, secretAccessKey: 'guessed' })
    await expect(call(wrong)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
    await expect(call(client(url, { ...operator, accessKeyId: 'UNKNOWN' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    })
  },
)

test('every service is called by its SDK client, here or through a deployed template', async () => {
  // These have no address: the state machine, a queue or a rule calls them (deploy.test.ts,
  // own-app.test.ts).
  const withoutAddress = ['ecs', 'eventbridge', 'lambda']
  const entries = await readdir(join(import.meta.dirname, '../src/services'), { withFileTypes: true })
  const folders = entries.filter(entry => entry.isDirectory()).map(({ name }) => name)
  expect(folders.sort()).toEqual([...Object.keys(services), ...withoutAddress].sort())
})
