import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { startDynamoDb } from '../../packages/local-aws/src/services/dynamodb/server.ts'
import { createConnections } from '../../shared/aws/connections.ts'

const operator = { accessKeyId: 'OPERATOR', secretAccessKey: 'secret-of-the-operator' }
const keyring = {
  operator,
  issue: () => operator,
  secretOf: () => operator.secretAccessKey,
  authorize: () => true,
}
const place = { region: 'us-east-1', account: '000000000000' }

/** The table of WebSocket connections over DynamoDB's protocol. */
export const startConnections = async () => {
  const dynamodb = await startDynamoDb({ port: 0, ...place, keyring })
  await dynamodb.createTable({
    TableName: 'connections',
    AttributeDefinitions: ['connectionId', 'userId'].map(AttributeName => ({
      AttributeName,
      AttributeType: 'S' as const,
    })),
    KeySchema: [{ AttributeName: 'connectionId', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-user',
        KeySchema: [{ AttributeName: 'userId', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  })
  const client = new DynamoDBClient({ endpoint: dynamodb.url, region: place.region, credentials: operator })
  return { connections: createConnections({ client, table: 'connections' }), close: dynamodb.close }
}
