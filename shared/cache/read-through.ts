import type { Cache } from './client.ts'

/**
 * The guide's keys. Its one summary of a video is the one in its default language; those asked for
 * in other languages lie beside it.
 */
export const cacheKeys = {
  videoSummary: (videoId: string, language = 'vi') =>
    language === 'vi' ? `video:summary:${videoId}` : `video:summary:${videoId}:${language}`,
  userVideos: (userId: string) => `user:videos:${userId}`,
  chatHistory: (videoId: string) => `chat:history:${videoId}`,
}

/** How long a summary is kept, as in the guide. */
export const SUMMARY_SECONDS = 3600

/**
 * Returns the cached value of a key, else the result of `load`, which is then kept as JSON. Nothing
 * (undefined, null) is not kept. Without Redis `load` is asked every time.
 */
export const readThrough = async <T>(
  cache: Cache,
  { key, ttlSeconds, load }: { key: string; ttlSeconds: number; load: () => Promise<T> },
): Promise<T> => {
  const kept = await cache.run(redis => redis.get(key))
  if (kept) {
    try {
      return JSON.parse(kept) as T
    } catch {
      // Not ours, or cut off: what is loaded replaces it.
    }
  }
  const value = await load()
  if (value !== undefined && value !== null)
    await cache.run(redis => redis.setex(key, ttlSeconds, JSON.stringify(value)))
  return value
}
