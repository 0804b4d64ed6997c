import { first, type Sql } from '../client.ts'

export type UploadRequestRow = { videoId: string; requestHash: string }

/** Returns the earlier request of a user under an idempotency key. */
export const findUploadRequest = async (
  sql: Sql,
  { userId, idempotencyKey }: { userId: string; idempotencyKey: string },
): Promise<UploadRequestRow | undefined> =>
  first(
    await sql<UploadRequestRow[]>`
      SELECT video_id, request_hash FROM upload_requests WHERE user_id = ${userId} AND idempotency_key = ${idempotencyKey}`,
  )

/**
 * False when the user has used the key before, or is just using it: then the caller's transaction
 * must be given up.
 */
export const createUploadRequest = async (
  sql: Sql,
  o: UploadRequestRow & { userId: string; idempotencyKey: string },
): Promise<boolean> => {
  const rows = await sql`
    INSERT INTO upload_requests (user_id, idempotency_key, video_id, request_hash)
    VALUES (${o.userId}, ${o.idempotencyKey}, ${o.videoId}, ${o.requestHash})
    ON CONFLICT DO NOTHING
    RETURNING video_id`
  return rows.length > 0
}
