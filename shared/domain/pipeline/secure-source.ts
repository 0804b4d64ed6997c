import type { Storage } from '../../aws/storage.ts'
import type { PipelineInput } from '../../contract/pipeline.ts'
import { problem } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import { findUpload } from '../../db/repositories/uploads.ts'
import { sourceCopyKey } from '../../kernel/object-keys.ts'

export type SecureDeps = {
  sql: Sql
  storage: Pick<Storage, 'head' | 'copy'>
}

export type SecuredSource = { key: string; contentType: string }

/**
 * Returns the file of a run under a key that no client can write. The form of a direct upload can
 * be used again until it expires, so its file is copied. Idempotent. Throws `media.source_missing`,
 * `media.replaced`.
 */
export const secureSource = async (
  { sql, storage }: SecureDeps,
  { runId, input }: { runId: string; input: PipelineInput },
): Promise<SecuredSource> => {
  const { userId, videoId, eTag } = input
  const upload = await findUpload(sql, { userId, videoId })
  const key = upload?.kind === 'post' ? sourceCopyKey(videoId, runId, input.key) : input.key
  let head = await storage.head(key)
  if (key !== input.key && head?.eTag !== eTag) {
    const outcome = await storage.copy(input.key, key, { ifMatch: eTag })
    if (outcome === 'replaced') throw problem('media.replaced')
    head = outcome === 'copied' ? await storage.head(key) : undefined
  }
  if (!head) throw problem('media.source_missing')
  if (head.eTag !== eTag) throw problem('media.replaced')
  return { key, contentType: head.contentType }
}
