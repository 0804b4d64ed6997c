import { once } from 'node:events'
import type { Redis } from 'iovalkey'
import type { Config } from '../config/config.ts'

/**
 * Redis, or the lack of it. `run` resolves to what the work gives, or to undefined when Redis is
 * away or too slow: it never throws for that and never takes longer than about 100 ms, so every
 * caller has to know what to do without.
 */
export type Cache = {
  run<T>(work: (redis: Redis) => Promise<T>): Promise<T | undefined>
  /**
   * Returns whether Redis responds at all. It waits longer than a command, so that neither a cold
   * start nor a connection that slept counts as an outage.
   */
  isUp(): Promise<boolean>
  close(): void
}

const WAIT_MS = 100
const PROBE_MS = 900
// After a failure nobody waits for Redis for this long; reconnecting goes on behind it.
const REST_MS = 1000

/**
 * The address to use: REDIS_URL when it is set, also to nothing, which means no Redis; else the
 * stage's own cache, which speaks TLS.
 */
export const redisUrl = (config: Pick<Config, 'REDIS_URL' | 'REDIS_ENDPOINT'>): string =>
  config.REDIS_URL ?? (config.REDIS_ENDPOINT ? `rediss://${config.REDIS_ENDPOINT}` : '')

const withoutRedis: Cache = { run: async () => undefined, isUp: async () => false, close: () => {} }

/** `url` empty: the degraded mode, in which everything works from Postgres. */
export const createCache = ({ url, onError }: { url: string; onError?: (error: unknown) => void }): Cache => {
  if (!url) return withoutRedis
  let redis: Redis | undefined
  const opening = openRedis(url).then(client => {
    redis = client.on('error', error => onError?.(error))
    return redis
  })
  opening.catch(() => {})
  let restUntil = 0
  let connecting: Promise<void> | undefined

  const attempt = async <T>(work: (client: Redis) => Promise<T>): Promise<T> => {
    const client = redis ?? (await opening)
    if (client.status !== 'ready') {
      connecting ??= client.connect()
      await Promise.race([connecting, once(client, 'ready')])
    }
    return work(client)
  }

  const run: Cache['run'] = async work => {
    if (performance.now() < restUntil) return undefined
    try {
      return await withDeadline(attempt(work), WAIT_MS)
    } catch (error) {
      restUntil = performance.now() + REST_MS
      reconnect()
      onError?.(error)
      return undefined
    }
  }

  // A connection that a frozen function left behind looks open and never answers.
  const reconnect = () => {
    if (redis?.status === 'ready') redis.disconnect(true)
  }

  const probe = (): Promise<boolean> =>
    withDeadline(
      attempt(client => client.ping()),
      PROBE_MS,
    ).then(answer => answer === 'PONG')
  const isUp: Cache['isUp'] = () =>
    probe()
      .catch(() => {
        reconnect()
        return probe()
      })
      .catch(() => false)

  const close = () => void opening.then(client => client.disconnect()).catch(() => {})
  return { run, isUp, close }
}

/**
 * The client is a third of a small function: it is read beside what a cold start waits for, and not
 * at all without Redis.
 */
const openRedis = async (url: string): Promise<Redis> => {
  // Of a CommonJS package, a bundle's import() knows only the default.
  const { default: Redis } = await import('iovalkey')
  return new Redis(url, {
    lazyConnect: true,
    commandTimeout: WAIT_MS,
    // Longer than anybody waits: a handshake that is slow once must not be begun again and again.
    connectTimeout: 2000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: times => Math.min(2000, 50 * 2 ** times),
  })
}

const withDeadline = <T>(work: Promise<T>, ms: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`Redis did not answer within ${ms} ms`)), ms)
  })
  return Promise.race([work, tooLate]).finally(() => clearTimeout(timer))
}
