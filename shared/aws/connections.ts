import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'

/**
 * One open WebSocket. `lastSeq` is the number of the newest event that it was sent; with its
 * session it ends.
 */
export type Connection = {
  connectionId: string
  userId: string
  sessionId: string
  lastSeq: number
  connectedAt: Date
}

export type Connections = ReturnType<typeof createConnections>

/**
 * API Gateway ends every connection after two hours; what it forgets to tell us expires soon after.
 */
const LIFETIME_SECONDS = 2 * 3600 + 600

/** The table of open WebSocket connections. */
export const createConnections = ({ client, table }: { client: DynamoDBClient; table: string }) => {
  const key = (connectionId: string) => ({ TableName: table, Key: { connectionId: { S: connectionId } } })

  const update = async (
    connectionId: string,
    condition: string,
    values: Record<string, AttributeValue>,
  ): Promise<boolean> => {
    try {
      await client.send(
        new UpdateItemCommand({
          ...key(connectionId),
          UpdateExpression: 'SET lastSeq = :seq',
          ConditionExpression: condition,
          ExpressionAttributeValues: values,
        }),
      )
      return true
    } catch (error) {
      if ((error as Error).name === 'ConditionalCheckFailedException') return false
      throw error
    }
  }

  return {
    async add({ connectionId, userId, sessionId, lastSeq, connectedAt }: Connection): Promise<void> {
      const expiresAt = Math.floor(connectedAt.getTime() / 1000) + LIFETIME_SECONDS
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: {
            connectionId: { S: connectionId },
            userId: { S: userId },
            sessionId: { S: sessionId },
            lastSeq: { N: String(lastSeq) },
            connectedAt: { S: connectedAt.toISOString() },
            expiresAt: { N: String(expiresAt) },
          },
        }),
      )
    },

    async remove(connectionId: string): Promise<void> {
      await client.send(new DeleteItemCommand(key(connectionId)))
    },

    /** As it stands now, not as the index has it. */
    async find(connectionId: string): Promise<Connection | undefined> {
      const { Item: item } = await client.send(
        new GetItemCommand({ ...key(connectionId), ConsistentRead: true }),
      )
      if (!item) return undefined
      return {
        connectionId,
        userId: item.userId!.S!,
        sessionId: item.sessionId!.S!,
        lastSeq: Number(item.lastSeq!.N),
        connectedAt: new Date(item.connectedAt!.S!),
      }
    },

    /** Ids of a user's connections. The index follows a change within moments. */
    async listOf(userId: string): Promise<string[]> {
      const { Items: items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'by-user',
          KeyConditionExpression: 'userId = :user',
          ExpressionAttributeValues: { ':user': { S: userId } },
        }),
      )
      return items.map(item => item.connectionId!.S!)
    },

    /** Sends on from there. False when the connection is gone. */
    setLastSeq: (connectionId: string, lastSeq: number): Promise<boolean> =>
      update(connectionId, 'attribute_exists(connectionId)', { ':seq': { N: String(lastSeq) } }),

    /**
     * Notes what was sent. False when the connection is gone, or stands elsewhere than at `from` by
     * now.
     */
    advance: (connectionId: string, { from, to }: { from: number; to: number }): Promise<boolean> =>
      update(connectionId, 'lastSeq = :from', { ':seq': { N: String(to) }, ':from': { N: String(from) } }),
  }
}
