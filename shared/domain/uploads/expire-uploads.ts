import { PROBLEMS } from '../../contract/problems.ts'
import type { UploadRow } from '../../db/repositories/uploads.ts'
import { processingEvent } from '../videos/processing-event.ts'
import { acceptObject } from './accept-object.ts'
import type { UploadDeps } from './upload-deps.ts'

type Deps = Parameters<typeof acceptObject>[0] & Pick<UploadDeps, 'directUploads' | 'now'>

const CODE = 'upload.expired'
const FAILURE = { code: CODE, message: `${PROBLEMS[CODE].title}: the file did not arrive in time. Start a new upload.`, retryable: false }

/** Ends uploads whose time is up; a file that has arrived but whose event was lost is accepted instead. Answers how many ended. */
export const expireUploads = async (deps: Deps, { limit = 50 }: { limit?: number } = {}): Promise<number> => {
  const overdue = await deps.uploads.listExpiredUploads(deps.sql, { now: deps.now(), limit })
  let ended = 0
  for (const upload of overdue) {
    const arrived = (await deps.storage.head(upload.key)) !== undefined
    if (arrived) await acceptObject(deps, upload)
    else if (await expire(deps, upload)) ended += 1
  }
  return ended
}

const expire = async (deps: Deps, { videoId, userId, key, uploadId }: UploadRow & { userId: string }): Promise<boolean> => {
  if (uploadId) await deps.directUploads.abortMultipart({ key, uploadId })
  return deps.transact(async ({ sql, emit }) => {
    if (!(await deps.uploads.endUpload(sql, { videoId, status: 'expired' }))) return false
    const video = await deps.runs.failWaitingVideo(sql, { videoId, failure: FAILURE })
    if (!video) return true
    await deps.jobs.endOpenJobs(sql, { videoId, attempt: video.attempt, status: 'failed', error: FAILURE })
    await emit(userId, processingEvent(video))
    return true
  })
}
