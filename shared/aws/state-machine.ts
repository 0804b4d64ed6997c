import { type SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn'

export type StateMachine = ReturnType<typeof createStateMachine>

/** Starts and stops executions of one Standard workflow. */
export const createStateMachine = ({ client, arn }: { client: SFNClient; arn: string }) => ({
  /**
   * Names are unique for 90 days, so the same name never runs twice: an execution that exists
   * counts as started.
   */
  start: async (name: string, input: unknown): Promise<void> => {
    try {
      await client.send(
        new StartExecutionCommand({ stateMachineArn: arn, name, input: JSON.stringify(input) }),
      )
    } catch (error) {
      if ((error as Error).name !== 'ExecutionAlreadyExists') throw error
    }
  },

  /** An execution that has ended, or never was, counts as stopped. */
  stop: async (name: string, cause: string): Promise<void> => {
    try {
      await client.send(
        new StopExecutionCommand({
          executionArn: `${arn.replace(':stateMachine:', ':execution:')}:${name}`,
          cause,
        }),
      )
    } catch (error) {
      if ((error as Error).name !== 'ExecutionDoesNotExist') throw error
    }
  },
})
