import type { Queue } from '../../aws/queue.ts'
import type { MessageOf } from '../../contract/queues.ts'
import type { Sql } from '../../db/client.ts'
import { isRunCurrent } from '../../db/repositories/runs.ts'

type Deps = { sql: Sql; cleanup: Queue<MessageOf<'cleanup'>> }

/**
 * Removes what was made for a run that has ended meanwhile. Transcribe cannot be stopped and takes
 * up to hours: its transcript of a deleted video must not stay in the bucket.
 */
export const removeLateProduct = async (
  { sql, cleanup }: Deps,
  { key, videoId, runId }: { key: string; videoId: string; runId: string },
): Promise<'awaited' | 'orphaned'> => {
  if (await isRunCurrent(sql, { videoId, runId })) return 'awaited'
  await cleanup.send({ keys: [key], prefixes: [] })
  return 'orphaned'
}
