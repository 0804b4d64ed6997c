import type { UploadedPart } from '../../aws/direct-uploads.ts'
import { problem } from '../../contract/problems.ts'
import { findNewestJob } from '../../db/repositories/jobs.ts'
import { findVideo } from '../../db/repositories/videos.ts'
import type { Owned } from '../videos/video-deps.ts'
import { expired, findMultipart, type MultipartUploadRow, partSize } from './find-multipart.ts'
import type { UploadDeps } from './upload-deps.ts'

type Deps = Pick<UploadDeps, 'sql' | 'directUploads' | 'storage' | 'now'>

/** Puts the parts together; S3's event then starts the pipeline. May be repeated at any time. Throws `upload.incomplete`, `upload.expired`. */
export const completeUpload = async (deps: Deps, owned: Owned) => {
  const upload = await findMultipart(deps, owned)
  if (upload.status === 'aborted' || upload.status === 'expired') throw expired()
  if (upload.status === 'pending') await putTogether(deps, upload)
  const [video, job] = await Promise.all([
    findVideo(deps.sql, owned),
    findNewestJob(deps.sql, { videoId: owned.videoId, type: 'process-video' }),
  ])
  if (!video || !job) throw problem('upload.not_found')
  return { video, jobId: job.id }
}

const putTogether = async ({ directUploads, storage }: Deps, upload: MultipartUploadRow): Promise<void> => {
  const { key, uploadId } = upload
  const parts = await directUploads.listParts({ key, uploadId })
  if (parts) assertComplete(upload, parts)
  const completed = parts && (await directUploads.completeMultipart({ key, uploadId, parts }))
  // A call before this one may have done it, and the answer was lost or the event is still on its way.
  if (!completed && !(await storage.head(key))) throw expired()
}

const assertComplete = (upload: MultipartUploadRow, parts: UploadedPart[]): void => {
  const arrived = new Map(parts.map(({ partNumber, sizeBytes }) => [partNumber, sizeBytes]))
  const numbers = Array.from({ length: upload.partCount }, (_, index) => index + 1)
  const missing = numbers.filter(partNumber => arrived.get(partNumber) !== partSize(upload, partNumber))
  if (missing.length === 0) return
  throw problem('upload.incomplete', {
    detail: `${missing.length} of ${upload.partCount} parts have not arrived.`,
    missing: missing.slice(0, 100),
  })
}
