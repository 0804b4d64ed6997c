import { Logger as Powertools } from '@aws-lambda-powertools/logger'
import { redact } from './redact.ts'

type Fields = Record<string, unknown>

/** JSON lines with level, timestamp, service and the given fields; errors carry their stack and cause. */
export type Logger = {
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

/** `source` names the function in every line; the service is always `ai-video-hub`. The level is INFO unless POWERTOOLS_LOG_LEVEL says otherwise. */
export const createLogger = (source: string): Logger => {
  const logger = new Powertools({ serviceName: 'ai-video-hub', persistentKeys: { source } })
  return {
    info: (message, fields = {}) => logger.info(message, redact(fields)),
    warn: (message, fields = {}) => logger.warn(message, redact(fields)),
    error: (message, fields = {}) => logger.error(message, redact(fields)),
  }
}
