import type { Sql } from '../../db/client.ts'
import { countOpenJobs } from '../../db/repositories/jobs.ts'
import { countActiveUsers } from '../../db/repositories/sessions.ts'
import { countProcessingVideos } from '../../db/repositories/videos.ts'
import { addSeconds, type Clock } from '../../kernel/clock.ts'

export type HealthDeps = {
  sql: Sql
  /**
   * Each answers whether its service works; a throw, or no answer within 2 seconds, means it does
   * not.
   */
  isCacheUp: () => Promise<boolean>
  isStorageUp: () => Promise<boolean>
  isLanguageModelUp: () => Promise<boolean>
  now: Clock
  /**
   * How long an access token lives: who uses the hub renews it, and so the mark on the session, at
   * least once in this time.
   */
  tokenSeconds: number
  processUsage: () => { memoryMb: number; cpuPercent: number }
}

const DEADLINE_MS = 2000

/**
 * Measures the services and the load. Only a database that is down makes the hub unhealthy:
 * everything else degrades.
 */
export const readHealth = async (deps: HealthDeps) => {
  const now = deps.now()
  const [counts, redis, storage, languageModel] = await Promise.all([
    within(readCounts(deps, addSeconds(now, -deps.tokenSeconds))),
    within(deps.isCacheUp()),
    within(deps.isStorageUp()),
    within(deps.isLanguageModelUp()),
  ])
  const { memoryMb, cpuPercent } = deps.processUsage()
  return {
    status: counts ? ('healthy' as const) : ('unhealthy' as const),
    timestamp: now.toISOString(),
    services: {
      database: word(counts),
      redis: word(redis),
      storage: word(storage),
      ai_services: word(languageModel),
    },
    metrics: {
      activeUsers: 0,
      processingJobs: 0,
      queueSize: 0,
      ...counts,
      memoryUsage: memoryMb,
      cpuUsage: cpuPercent,
    },
  }
}

const readCounts = async ({ sql }: HealthDeps, since: Date) => {
  const activeUsers = await countActiveUsers(sql, { since })
  const processingJobs = await countProcessingVideos(sql)
  const { queued } = await countOpenJobs(sql)
  return { activeUsers, processingJobs, queueSize: queued }
}

const word = (up: unknown) => (up ? ('up' as const) : ('down' as const))

const within = <T>(work: Promise<T>): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), DEADLINE_MS)
  })
  return Promise.race([work.catch(() => undefined), late]).finally(() => clearTimeout(timer))
}
