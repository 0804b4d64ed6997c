import { setTimeout as sleep } from 'node:timers/promises'
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createConnections } from '../../shared/aws/connections.ts'
import { createFrameSender } from '../../shared/aws/frame-sender.ts'
import { createSecretReader } from '../../shared/aws/secrets.ts'
import { DATABASE_KEYS, readConfig } from '../../shared/config/config.ts'
import { queues } from '../../shared/contract/queues.ts'
import { connectDatabase } from '../../shared/db/connect.ts'
import { relayEvents } from '../../shared/domain/events/relay-events.ts'
import { systemClock as now } from '../../shared/kernel/clock.ts'
import { createWorker } from '../../shared/lambda/create-worker.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { createWakeAnyway } from '../compose/running.ts'

const KEYS = [
  'CONNECTIONS_TABLE',
  'EVENTS_QUEUE_URL',
  'WEBSOCKET_MANAGEMENT_URL',
  'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI',
] as const
const config = readConfig(process.env, [...DATABASE_KEYS, ...KEYS])
const log = createLogger('worker-relay')
const sql = await connectDatabase(config, createSecretReader(config))
const endpoint = config.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI ?? config.WEBSOCKET_MANAGEMENT_URL
const sendFrame = createFrameSender(new ApiGatewayManagementApiClient({ endpoint }))
const connections = createConnections({ client: new DynamoDBClient(), table: config.CONNECTIONS_TABLE })
const wake = createWakeAnyway(new SQSClient(), config.EVENTS_QUEUE_URL)
const deps = { sql, connections, sendFrame, wake, now, sleep }

export const handler = createWorker({
  message: queues.events.message,
  handle: message => relayEvents(deps, message),
  log,
})
