import {
  CancelJobCommand,
  CreateJobCommand,
  GetJobCommand,
  type JobSettings,
  type MediaConvertClient,
} from '@aws-sdk/client-mediaconvert'

export type TranscodingState =
  | { status: 'running'; share: number }
  | { status: 'completed' }
  | { status: 'failed'; code: number | undefined; message: string }

export type Transcoding = ReturnType<typeof createTranscoding>

/** MediaConvert. The role and queue are needed to start jobs only. */
export const createTranscoding = ({
  client,
  roleArn,
  queueArn,
}: {
  client: MediaConvertClient
  roleArn?: string
  queueArn?: string
}) => ({
  /** The id of the job; the same token again is the same job. */
  async start({
    token,
    settings,
    tags,
  }: {
    token: string
    settings: JobSettings
    tags: Record<string, string>
  }): Promise<string> {
    const { Job } = await client.send(
      new CreateJobCommand({
        Role: roleArn,
        Queue: queueArn,
        ClientRequestToken: token,
        Settings: settings,
        UserMetadata: tags,
        StatusUpdateInterval: 'SECONDS_10',
      }),
    )
    return Job!.Id!
  },

  async check(jobId: string): Promise<TranscodingState> {
    const { Job } = await client.send(new GetJobCommand({ Id: jobId }))
    if (Job?.Status === 'COMPLETE') return { status: 'completed' }
    if (Job?.Status === 'ERROR')
      return { status: 'failed', code: Job.ErrorCode, message: Job.ErrorMessage ?? 'unknown' }
    if (Job?.Status === 'CANCELED') return { status: 'failed', code: undefined, message: 'cancelled' }
    return { status: 'running', share: (Job?.JobPercentComplete ?? 0) / 100 }
  },

  /** A job that has ended, or never was, counts as cancelled. */
  async cancel(jobId: string): Promise<void> {
    try {
      await client.send(new CancelJobCommand({ Id: jobId }))
    } catch (error) {
      if (!['NotFoundException', 'ConflictException', 'BadRequestException'].includes((error as Error).name))
        throw error
    }
  },
})
