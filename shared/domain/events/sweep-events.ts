import type { Sql } from '../../db/client.ts'
import { listUsersWithEvents, pruneEvents } from '../../db/repositories/events.ts'
import { pruneSessions } from '../../db/repositories/sessions.ts'
import type { Wake } from '../../db/transact.ts'
import type { Clock } from '../../kernel/clock.ts'

export type SweepDeps = {
  sql: Sql
  wake: Wake
  now: Clock
}

/** Twice the period of the sweep, so that no event falls between two of them. */
const RECENT_MS = 2 * 60_000
const KEPT_MS = 7 * 24 * 3600_000
const MAX_USERS = 1000

/**
 * Wakes the relay again for users with recent events, in case a wake was lost; forgets old events
 * and ended sessions. Answers how many were woken.
 */
export const sweepEvents = async ({ sql, wake, ...deps }: SweepDeps): Promise<number> => {
  const now = deps.now().getTime()
  const users = await listUsersWithEvents(sql, { since: new Date(now - RECENT_MS), limit: MAX_USERS })
  for (const { userId } of users) await wake(userId, `sweep-${now}`)
  await pruneEvents(sql, { before: new Date(now - KEPT_MS) })
  await pruneSessions(sql, { before: new Date(now - KEPT_MS) })
  return users.length
}
