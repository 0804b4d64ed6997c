import type { Storage } from '../../aws/storage.ts'
import type { PipelineInput, PipelineTask } from '../../contract/pipeline.ts'
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
 * The file of a run, where nobody can put another one in its place while the run goes on. A form can be sent again for as long as it is valid, so what it
 * brought is copied; parts and forms sent through the API can not. Throws `media.source_missing` and `media.replaced`. A repetition finds the copy.
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

/** The key of the file that the run's inspection has read. */
export const inspectedKey = ({ input, state }: Pick<PipelineTask, 'input' | 'state'>): string =>
  // An execution that was inspected by the version before read the upload itself.
  (state as { inspect?: { sourceKey?: string } } | null)?.inspect?.sourceKey ?? input.key
