import { Logger as Powertools } from '@aws-lambda-powertools/logger'
import { redact } from './redact.ts'

/**
 * `message`, `level` and `timestamp` are the line's own: Powertools drops fields of these names.
 * `service` names another service that the line is about.
 */
type Fields = { [name: string]: unknown; message?: never; level?: never; timestamp?: never; service?: string }

/**
 * JSON lines with level, timestamp, service and the given fields; errors carry their stack and
 * cause.
 */
export type Logger = {
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

/**
 * `source` names the function in every line; the service is `ai-video-hub` unless a line names
 * another. The level is INFO unless POWERTOOLS_LOG_LEVEL says otherwise.
 */
export const createLogger = (source: string): Logger => {
  const logger = new Powertools({
    serviceName: 'ai-video-hub',
    persistentKeys: { source },
    jsonReplacerFn: redact,
  })
  const write =
    (level: keyof Logger) =>
    (message: string, { service, ...fields }: Fields = {}) => {
      const lines = service ? logger.createChild({ serviceName: service }) : logger
      lines[level](message, fields)
    }
  return { info: write('info'), warn: write('warn'), error: write('error') }
}
