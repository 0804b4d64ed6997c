import type { Database, Sql } from '../client.ts'

/** A turn in the line is kept for those who come back: every execution has ended long before. */
const FORGOTTEN_AFTER_MS = 24 * 3600_000

/**
 * Takes one of `limit` places for a run until `expiresAt`; true also when the run has one already
 * (which then lasts longer). False: it stands in the line, where whoever asked first goes first,
 * and holds up those behind it until `waitsUntil`, unless it asks again. A run that has ended
 * without giving its place back, for example with its video, has none. Callers count one after the
 * other.
 */
export const acquireLease = (
  database: Database,
  o: { videoId: string; runId: string; limit: number; now: Date; expiresAt: Date; waitsUntil: Date },
): Promise<boolean> =>
  database.begin(async sql => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('ai-video-hub places', 0))`
    await sql`
      INSERT INTO pipeline_leases (run_id, video_id, asked_at, acquired_at, expires_at)
      VALUES (${o.runId}, ${o.videoId}, ${o.now}, NULL, ${o.waitsUntil})
      ON CONFLICT (run_id) DO UPDATE SET
        acquired_at = CASE WHEN pipeline_leases.expires_at > ${o.now} THEN pipeline_leases.acquired_at END, expires_at = excluded.expires_at`
    const taken = await sql`
      UPDATE pipeline_leases own SET acquired_at = coalesce(acquired_at, ${o.now}), expires_at = ${o.expiresAt}
      WHERE run_id = ${o.runId} AND (acquired_at IS NOT NULL OR (
        SELECT count(*) FROM pipeline_leases place
        WHERE acquired_at IS NOT NULL AND expires_at > ${o.now} AND (
          video_id IS NULL OR EXISTS (SELECT 1 FROM videos WHERE id = place.video_id AND run_id = place.run_id AND status = 'processing'))
      ) + (
        SELECT count(*) FROM (
          SELECT 1 FROM pipeline_leases
          WHERE acquired_at IS NULL AND expires_at > ${o.now} AND (asked_at, run_id) < (own.asked_at, own.run_id)
          ORDER BY asked_at, run_id LIMIT ${o.limit}) ahead
      ) < ${o.limit})
      RETURNING run_id`
    if (taken.length > 0)
      await sql`DELETE FROM pipeline_leases WHERE expires_at < ${new Date(o.now.getTime() - FORGOTTEN_AFTER_MS)}`
    return taken.length > 0
  }) as Promise<boolean>

/** Returns whether a run waits in the queue: it has asked for a place and never got one. */
export const isWaiting = async (sql: Sql, { runId }: { runId: string }): Promise<boolean> =>
  (await sql`SELECT 1 FROM pipeline_leases WHERE run_id = ${runId} AND acquired_at IS NULL`).length > 0

/** Gives the place or the turn back; safe to repeat. */
export const releaseLease = async (sql: Sql, { runId }: { runId: string }): Promise<void> => {
  await sql`DELETE FROM pipeline_leases WHERE run_id = ${runId}`
}
