import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createConnections } from '../../shared/aws/connections.ts'
import { createFrameSender } from '../../shared/aws/frame-sender.ts'
import { readConfig, SIGNED_IN_KEYS } from '../../shared/config/config.ts'
import { systemClock as now } from '../../shared/kernel/clock.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { createWakeAnyway } from '../compose/running.ts'
import { connectSignedIn } from '../compose/signed-in.ts'
import { createRealtimeApp } from './app.ts'

const KEYS = [
  'CONNECTIONS_TABLE',
  'EVENTS_QUEUE_URL',
  'WEBSOCKET_MANAGEMENT_URL',
  'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI',
] as const
const config = readConfig(process.env, [...SIGNED_IN_KEYS, ...KEYS])
const log = createLogger('realtime')
const { sql, authenticate } = await connectSignedIn(config, log)
const endpoint = config.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI ?? config.WEBSOCKET_MANAGEMENT_URL
const sendFrame = createFrameSender(new ApiGatewayManagementApiClient({ endpoint }))
const connections = createConnections({ client: new DynamoDBClient(), table: config.CONNECTIONS_TABLE })
const wake = createWakeAnyway(new SQSClient(), config.EVENTS_QUEUE_URL)

export const handler = createRealtimeApp({
  sql,
  connections,
  authenticate,
  allowedOrigins: config.FRONTEND_URL,
  now,
  sendFrame,
  wake,
  log,
})
