import type { DirectUploads } from '../../aws/direct-uploads.ts'
import { failure } from '../../contract/problems.ts'
import { endUpload, listExpiredUploads, type UploadRow } from '../../db/repositories/uploads.ts'
import type { Clock } from '../../kernel/clock.ts'
import { failVideo } from '../runs/fail-video.ts'
import { type AcceptDeps, acceptObject } from './accept-object.ts'

export type ExpireDeps = AcceptDeps & { directUploads: DirectUploads; now: Clock }

const EXPIRED = failure('upload.expired')

/**
 * Ends uploads whose time is up; a file that has arrived but whose event was lost is accepted
 * instead. Answers how many ended.
 */
export const expireUploads = async (
  deps: ExpireDeps,
  { limit = 50 }: { limit?: number } = {},
): Promise<number> => {
  const overdue = await listExpiredUploads(deps.sql, { now: deps.now(), limit })
  let ended = 0
  for (const upload of overdue) {
    const arrived = (await deps.storage.head(upload.key)) !== undefined
    if (arrived) await acceptObject(deps, upload)
    else if (await expire(deps, upload)) ended += 1
  }
  return ended
}

const expire = async (deps: ExpireDeps, { videoId, key, uploadId }: UploadRow): Promise<boolean> => {
  if (uploadId) await deps.directUploads.abortMultipart({ key, uploadId })
  return deps.transact(async tx => {
    const ended = await endUpload(tx.sql, { videoId, status: 'expired' })
    if (ended) await failVideo(tx, { videoId, runId: null, failure: EXPIRED })
    return ended !== undefined
  })
}
