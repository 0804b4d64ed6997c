import type { Cache } from './client.ts'

/**
 * Returns whether the access tokens of a session are still good. Postgres has the last word; Redis
 * spares most questions to it.
 */
export type SessionState = {
  isLive(sessionId: string): Promise<boolean>
  /**
   * To be called after Postgres has recorded the end of the session: from now on every function
   * refuses its tokens.
   */
  end(sessionId: string): Promise<void>
}

// If Redis could not be told of an end (only the ending function was cut off from it), others would
// go on for this long at most.
const LIVE_SECONDS = 30

const keyOf = (sessionId: string): string => `auth:session:${sessionId}`

/**
 * `find` asks Postgres; `tokenSeconds` is how long an access token lives: an ended session is
 * remembered for longer than its last one.
 */
export const createSessionState = (o: {
  cache: Cache
  find: (sessionId: string) => Promise<boolean>
  tokenSeconds: number
}): SessionState => ({
  isLive: async sessionId => {
    const known = await o.cache.run(redis => redis.get(keyOf(sessionId)))
    if (known) return known === 'live'
    const live = await o.find(sessionId)
    // NX: a session that ended while we asked Postgres must not come back to life.
    await o.cache.run(redis =>
      live
        ? redis.set(keyOf(sessionId), 'live', 'EX', LIVE_SECONDS, 'NX')
        : redis.set(keyOf(sessionId), 'ended', 'EX', o.tokenSeconds),
    )
    return live
  },
  end: async sessionId => {
    await o.cache.run(redis => redis.set(keyOf(sessionId), 'ended', 'EX', o.tokenSeconds + LIVE_SECONDS))
  },
})
