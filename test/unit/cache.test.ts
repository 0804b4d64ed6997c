import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findOnPath, type Redis, startRedis } from '../../packages/local-aws/src/engines/redis.ts'
import { type Cache, createCache, redisUrl } from '../../shared/cache/client.ts'
import { cacheKeys, readThrough, SUMMARY_SECONDS } from '../../shared/cache/read-through.ts'
import { createSessionState } from '../../shared/cache/session-state.ts'

const hasRedis = findOnPath('redis-server') ?? findOnPath('valkey-server')

const timed = async <T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> => {
  const startedAt = performance.now()
  return { result: await work(), ms: performance.now() - startedAt }
}

describe('without Redis', () => {
  it.each([
    ['because none was given', async () => ''],
    ['because nothing listens', async () => 'redis://127.0.0.1:9'],
    [
      'because it accepts and never answers',
      async () => {
        const silent = createServer(() => {})
        await new Promise<void>(done => silent.listen(0, '127.0.0.1', done))
        return `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`
      },
    ],
  ])('nobody waits for long, %s', async (_, start) => {
    const cache = createCache({ url: await start() })
    const once = await timed(() => cache.run(redis => redis.get('key')))
    expect(once.result).toBeUndefined()
    // 100 ms, and room for a busy machine; a client's own defaults wait for 10 s and more.
    expect(once.ms).toBeLessThan(1000)
    const next = await timed(() =>
      readThrough(cache, { key: 'key', ttlSeconds: 1, load: async () => 'loaded' }),
    )
    expect(next.result).toBe('loaded')
    expect(next.ms).toBeLessThan(500)
    expect(await cache.isUp()).toBe(false)
    cache.close()
  })

  it('the address is REDIS_URL, even when it is empty, before the stage’s cache', () => {
    expect(redisUrl({ REDIS_URL: '', REDIS_ENDPOINT: 'cache:6379' })).toBe('')
    expect(redisUrl({ REDIS_URL: undefined, REDIS_ENDPOINT: 'cache:6379' })).toBe('rediss://cache:6379')
    expect(redisUrl({ REDIS_URL: undefined, REDIS_ENDPOINT: undefined })).toBe('')
  })
})

// On a very busy machine Redis answers later than the cache waits.
describe.runIf(hasRedis)('with Redis', { retry: 2 }, () => {
  let server: Redis
  let cache: Cache
  beforeAll(async () => {
    server = (await startRedis({ port: 0 }))!
    cache = createCache({ url: server.url })
  })
  // After a late answer nobody asks Redis for a second.
  beforeEach(async () => {
    while ((await cache.run(redis => redis.ping())) === undefined) await sleep(100)
  })
  afterAll(async () => {
    cache.close()
    await server.close()
  })

  it('a summary is loaded once and kept for an hour under the guide’s key', async () => {
    let loads = 0
    const read = () =>
      readThrough(cache, {
        key: cacheKeys.videoSummary('v1'),
        ttlSeconds: SUMMARY_SECONDS,
        load: async () => ({ overview: `${++loads}` }),
      })
    expect([await read(), await read()]).toEqual([{ overview: '1' }, { overview: '1' }])
    expect(await cache.run(redis => redis.ttl('video:summary:v1'))).toBeGreaterThan(3590)
  })

  it('nothing is not kept, and rubbish under a key is loaded over', async () => {
    let loads = 0
    const none = () => readThrough(cache, { key: 'none', ttlSeconds: 60, load: async () => void loads++ })
    await none()
    await none()
    expect(loads).toBe(2)
    await cache.run(redis => redis.set('broken', '{"a":'))
    expect(await readThrough(cache, { key: 'broken', ttlSeconds: 60, load: async () => 1 })).toBe(1)
  })

  it('an ended session stays ended, although another function was just reading that it lives', async () => {
    const [first, second] = [randomUUID(), randomUUID()]
    const asked: string[] = []
    let slow = Promise.resolve()
    const find = async (sessionId: string) => {
      asked.push(sessionId)
      await slow
      return true
    }
    const state = createSessionState({ cache, find, tokenSeconds: 3600 })
    expect([await state.isLive(first), await state.isLive(first)]).toEqual([true, true])
    expect(asked).toEqual([first])
    await state.end(first)
    expect(await state.isLive(first)).toBe(false)

    let go = () => {}
    slow = new Promise(done => {
      go = done
    })
    const reading = state.isLive(second)
    await sleep(30)
    await state.end(second)
    go()
    await reading
    expect(await state.isLive(second)).toBe(false)
  })

  it('comes back by itself after an outage', async () => {
    const port = Number(new URL(server.url).port)
    await server.close()
    expect(await cache.isUp()).toBe(false)
    server = (await startRedis({ port }))!
    await expect.poll(() => cache.isUp(), { timeout: 8000, interval: 100 }).toBe(true)
  })
})
