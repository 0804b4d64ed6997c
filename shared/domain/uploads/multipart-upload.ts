import type { DirectUploads, UploadedPart } from '../../aws/direct-uploads.ts'
import type { Storage } from '../../aws/storage.ts'
import { UPLOAD_LINK_SECONDS } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import { findNewestJob } from '../../db/repositories/jobs.ts'
import { findUpload, type UploadRow } from '../../db/repositories/uploads.ts'
import { findVideo } from '../../db/repositories/videos.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Owned } from '../videos/require-video.ts'

type FindDeps = { sql: Sql; now: Clock }
type PartsDeps = { sql: Sql; directUploads: DirectUploads; now: Clock }
type CompleteDeps = PartsDeps & { storage: Storage }

type MultipartUploadRow = UploadRow & { uploadId: string; partSizeBytes: number; partCount: number }

/** A PUT link for each part, which takes exactly that part's length. */
export const signParts = async (
  deps: PartsDeps,
  { partNumbers, ...owned }: Owned & { partNumbers: number[] },
) => {
  const upload = await findOpenMultipart(deps, owned)
  const { key, uploadId, partCount } = upload
  const beyond = partNumbers.filter(partNumber => partNumber > partCount)
  if (beyond.length > 0)
    throw problem('request.invalid', {
      detail: `This upload has ${partCount} parts; there is no part ${beyond.join(', ')}.`,
    })
  return Promise.all(
    [...new Set(partNumbers)].map(async partNumber => ({
      partNumber,
      url: await deps.directUploads.signPart({
        key,
        uploadId,
        partNumber,
        sizeBytes: partSize(upload, partNumber),
        expiresSeconds: UPLOAD_LINK_SECONDS,
      }),
    })),
  )
}

/** Returns the parts that have arrived, so that a client can go on after a crash. */
export const listParts = async (deps: PartsDeps, owned: Owned) => {
  const upload = await findOpenMultipart(deps, owned)
  const { key, uploadId, partSizeBytes, partCount } = upload
  const parts = await deps.directUploads.listParts({ key, uploadId })
  if (!parts) throw problem('upload.already_completed')
  return { partSizeBytes, partCount, parts }
}

/**
 * Puts the parts together; S3's event then starts the pipeline. May be repeated at any time. Throws
 * `upload.incomplete`, `upload.expired`.
 */
export const completeUpload = async (deps: CompleteDeps, owned: Owned) => {
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

const putTogether = async (
  { directUploads, storage }: CompleteDeps,
  upload: MultipartUploadRow,
): Promise<void> => {
  const { key, uploadId } = upload
  const parts = await directUploads.listParts({ key, uploadId })
  if (parts) assertComplete(upload, parts)
  const completed = parts && (await directUploads.completeMultipart({ key, uploadId, parts }))
  // A call before this one may have done it, and the answer was lost or the event is still on its
  // way.
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

/**
 * The user's multipart upload, whatever has become of it. Throws `upload.not_found`,
 * `upload.not_multipart`.
 */
const findMultipart = async ({ sql }: FindDeps, owned: Owned): Promise<MultipartUploadRow> => {
  const upload = await findUpload(sql, owned)
  if (!upload) throw problem('upload.not_found')
  if (upload.kind !== 'multipart') throw problem('upload.not_multipart')
  return upload as MultipartUploadRow
}

/** Also throws `upload.already_completed` and `upload.expired` when no more parts are taken. */
const findOpenMultipart = async (deps: FindDeps, owned: Owned): Promise<MultipartUploadRow> => {
  const upload = await findMultipart(deps, owned)
  if (upload.status === 'completed') throw problem('upload.already_completed')
  if (upload.status !== 'pending' || new Date(upload.expiresAt) <= deps.now()) throw expired()
  return upload
}

/** The problem of an upload that takes nothing any more. */
const expired = () => problem('upload.expired')

/** Every part is `partSizeBytes` long; the last one is what is left. */
const partSize = ({ sizeBytes, partSizeBytes, partCount }: MultipartUploadRow, partNumber: number): number =>
  partNumber < partCount ? partSizeBytes : sizeBytes - partSizeBytes * (partCount - 1)
