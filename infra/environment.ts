import type { Hub } from './hub.ts'

/** Any number that no other user of the image has. */
const FFMPEG_UID = 10001

/** The source of each template variable's value. A row of `functions.ts` may name exactly these keys. */
const environmentValues = {
  NODE_ENV: hub => hub.settings.nodeEnv,
  AWS_S3_BUCKET: hub => hub.bucket.bucketName,
  DATABASE_SECRET_ARN: hub => hub.database.secret.secretArn,
  DATABASE_HOST: hub => hub.database.host,
  DATABASE_NAME: hub => hub.database.name,
  REDIS_ENDPOINT: hub => hub.cache.endpoint,
  AUTH_SECRET_ARN: hub => hub.secrets.auth.secretArn,
  OPENAI_SECRET_ARN: hub => hub.secrets.openAi.secretArn,
  OPENAI_CHAT_MODEL: hub => hub.settings.openAiChatModel,
  JWT_EXPIRES_IN: hub => hub.settings.jwtExpiresIn,
  JWT_REFRESH_EXPIRES_IN: hub => hub.settings.jwtRefreshExpiresIn,
  FRONTEND_URL: hub => hub.settings.origins.join(','),
  EVENTS_QUEUE_URL: hub => hub.queues.events.queueUrl,
  SUMMARIES_QUEUE_URL: hub => hub.queues.summaries.queueUrl,
  CLEANUP_QUEUE_URL: hub => hub.queues.cleanup.queueUrl,
  MEDIA_PROGRESS_QUEUE_URL: hub => hub.queues['media-progress'].queueUrl,
  FFMPEG_UID: () => String(FFMPEG_UID),
  CONNECTIONS_TABLE: hub => hub.connections.tableName,
  WEBSOCKET_MANAGEMENT_URL: hub => hub.realtime?.managementUrl,
  PIPELINE_ARN: hub => hub.pipelineArn,
  MEDIACONVERT_ROLE_ARN: hub => hub.mediaConvert?.role.roleArn,
  MEDIACONVERT_QUEUE_ARN: hub => hub.mediaConvert?.queueArn,
  MAX_CONCURRENT_JOBS: hub => String(hub.settings.maxConcurrentJobs),
  VIDEO_PROCESSING_TIMEOUT: hub => String(hub.settings.videoProcessingTimeoutMs),
} satisfies Record<string, (hub: Hub) => string | undefined>

export type EnvironmentKey = keyof typeof environmentValues

/** The variables of one function. Throws when a row asks for something that its stack is built before. */
export const environmentOf = (keys: readonly EnvironmentKey[], hub: Hub): Record<string, string> =>
  Object.fromEntries(
    keys.map(key => {
      const value = environmentValues[key](hub)
      if (value === undefined) throw new Error(`${key} is not known yet where it is asked for: move the function to a later stack`)
      return [key, value]
    }),
  )
