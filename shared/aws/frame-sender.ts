import {
  type ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi'

/** Sends one frame; false when the connection is gone. */
export type SendFrame = (connectionId: string, frame: unknown) => Promise<boolean>

/**
 * Sends frames through API Gateway's management API. A failure other than a gone connection is
 * thrown.
 */
export const createFrameSender =
  (client: ApiGatewayManagementApiClient): SendFrame =>
  async (connectionId, frame) => {
    try {
      await client.send(
        new PostToConnectionCommand({ ConnectionId: connectionId, Data: JSON.stringify(frame) }),
      )
      return true
    } catch (error) {
      if ((error as Error).name === 'GoneException') return false
      throw error
    }
  }
