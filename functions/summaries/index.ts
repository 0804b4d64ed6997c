import { setTimeout as sleep } from 'node:timers/promises'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createQueue } from '../../shared/aws/queue.ts'
import { cacheKeys, readThrough, SUMMARY_SECONDS } from '../../shared/cache/read-through.ts'
import { readConfig, SIGNED_IN_KEYS } from '../../shared/config/config.ts'
import type { MessageOf } from '../../shared/contract/queues.ts'
import { summariesRoutes } from '../../shared/contract/summaries.ts'
import { findSummary } from '../../shared/db/repositories/summaries.ts'
import { systemClock as now } from '../../shared/kernel/clock.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { createApi } from '../../shared/lambda/http/create-api.ts'
import { createLogger } from '../../shared/observability/logger.ts'
import { connectSignedIn } from '../compose/signed-in.ts'
import { createSummariesApp } from './app.ts'

const config = readConfig(process.env, [...SIGNED_IN_KEYS, 'SUMMARIES_QUEUE_URL'])
const log = createLogger('summaries')
const { sql, cache, authenticate } = await connectSignedIn(config, log)
const { send } = createQueue<MessageOf<'summaries'>>({
  client: new SQSClient(),
  url: config.SUMMARIES_QUEUE_URL,
})
const findCached = ({ videoId, language }: { videoId: string; language: string }) => {
  const load = () => findSummary(sql, { videoId, requestedLanguage: language })
  return readThrough(cache, {
    key: cacheKeys.videoSummary(videoId, language),
    ttlSeconds: SUMMARY_SECONDS,
    load,
  })
}
const deps = { sql, findSummary: findCached, sendSummary: send, createId, now, sleep }

export const handler = createApi({
  routes: summariesRoutes,
  implementations: createSummariesApp(deps),
  authenticate,
  allowedOrigins: config.FRONTEND_URL,
  log,
})
