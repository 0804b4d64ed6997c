import type { Storage } from '../../aws/storage.ts'
import type { MessageOf } from '../../contract/queues.ts'
import type { Sql } from '../../db/client.ts'
import { videoExists } from '../../db/repositories/videos.ts'

type Deps = { sql: Sql; storage: Pick<Storage, 'remove' | 'removePrefix'> }

/**
 * Removes objects; those that are gone already count as removed. What belongs to a deleted video is
 * spared when the video is still there after all.
 */
export const removeObjects = async ({ sql, storage }: Deps, message: MessageOf<'cleanup'>): Promise<void> => {
  const { keys, prefixes, keepPrefix, onlyIfGone } = message
  if (onlyIfGone && (await videoExists(sql, { videoId: onlyIfGone }))) return
  if (keys.length > 0) await storage.remove(keys)
  for (const prefix of prefixes)
    await storage.removePrefix(prefix, keepPrefix === undefined ? {} : { keepPrefix })
}
