import type { Database, Sql } from '../client.ts'

/**
 * Takes one of `limit` places for a run until `expiresAt`; true also when the run has one already (which then lasts longer). False: all are taken.
 * A run that has ended without giving its place back, for example with its video, has none.
 * The lock makes callers count one after the other; each holds it for two statements.
 */
export const acquireLease = (database: Database, o: { runId: string; limit: number; now: Date; expiresAt: Date }): Promise<boolean> =>
  database.begin(async sql => {
    await sql`LOCK TABLE pipeline_leases IN SHARE ROW EXCLUSIVE MODE`
    await sql`
      DELETE FROM pipeline_leases lease
      WHERE run_id <> ${o.runId}
        AND (expires_at <= ${o.now} OR NOT EXISTS (SELECT 1 FROM videos WHERE run_id = lease.run_id AND status = 'processing'))`
    const taken = await sql`
      INSERT INTO pipeline_leases (run_id, acquired_at, expires_at)
      SELECT ${o.runId}, ${o.now}, ${o.expiresAt}
      WHERE (SELECT count(*) FROM pipeline_leases WHERE run_id <> ${o.runId}) < ${o.limit}
      ON CONFLICT (run_id) DO UPDATE SET expires_at = excluded.expires_at
      RETURNING run_id`
    return taken.length > 0
  }) as Promise<boolean>

/** Gives the place back; safe to repeat. */
export const releaseLease = async (sql: Sql, { runId }: { runId: string }): Promise<void> => {
  await sql`DELETE FROM pipeline_leases WHERE run_id = ${runId}`
}
