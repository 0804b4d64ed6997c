import type { Foundation } from './foundation.ts'

/** Any number that no other user of the image has. */
const FFMPEG_UID = 10001

/**
 * The source of each template variable's value. A row of `functions.ts` may name exactly these
 * keys.
 */
const environmentValues = {
  NODE_ENV: foundation => foundation.settings.nodeEnv,
  AWS_S3_BUCKET: foundation => foundation.bucket.bucketName,
  DATABASE_SECRET_ARN: foundation => foundation.database.secret.secretArn,
  DATABASE_HOST: foundation => foundation.database.host,
  DATABASE_NAME: foundation => foundation.database.name,
  REDIS_ENDPOINT: foundation => foundation.cache.endpoint,
  AUTH_SECRET_ARN: foundation => foundation.secrets.auth.secretArn,
  OPENAI_SECRET_ARN: foundation => foundation.secrets.openAi.secretArn,
  OPENAI_CHAT_MODEL: foundation => foundation.settings.openAiChatModel,
  JWT_EXPIRES_IN: foundation => foundation.settings.jwtExpiresIn,
  JWT_REFRESH_EXPIRES_IN: foundation => foundation.settings.jwtRefreshExpiresIn,
  PUBLIC_BASE_URL: foundation => foundation.settings.publicBaseUrl ?? '',
  FRONTEND_URL: foundation => foundation.settings.origins.join(','),
  EVENTS_QUEUE_URL: foundation => foundation.queues.events.queueUrl,
  SUMMARIES_QUEUE_URL: foundation => foundation.queues.summaries.queueUrl,
  CLEANUP_QUEUE_URL: foundation => foundation.queues.cleanup.queueUrl,
  MEDIA_PROGRESS_QUEUE_URL: foundation => foundation.queues['media-progress'].queueUrl,
  FFMPEG_UID: () => String(FFMPEG_UID),
  CONNECTIONS_TABLE: foundation => foundation.connections.tableName,
  WEBSOCKET_MANAGEMENT_URL: foundation => foundation.realtime?.managementUrl,
  PIPELINE_ARN: foundation => foundation.pipelineArn,
  MEDIACONVERT_ROLE_ARN: foundation => foundation.mediaConvert?.role.roleArn,
  MEDIACONVERT_QUEUE_ARN: foundation => foundation.mediaConvert?.queueArn,
  MAX_CONCURRENT_JOBS: foundation => String(foundation.settings.maxConcurrentJobs),
  VIDEO_PROCESSING_TIMEOUT: foundation => String(foundation.settings.videoProcessingTimeoutMs),
} satisfies Record<string, (foundation: Foundation) => string | undefined>

export type EnvironmentKey = keyof typeof environmentValues

/**
 * The variables of one function. Throws when a row asks for something that its stack is built
 * before.
 */
export const environmentOf = (
  keys: readonly EnvironmentKey[],
  foundation: Foundation,
): Record<string, string> =>
  Object.fromEntries(
    keys.map(key => {
      const value = environmentValues[key](foundation)
      if (value === undefined)
        throw new Error(`${key} is not known yet where it is asked for: move the function to a later stack`)
      return [key, value]
    }),
  )
