import { createHash } from 'node:crypto'
import type { Storage } from '../../aws/storage.ts'
import { UPLOAD_EXPIRES_SECONDS } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import type { Sql } from '../../db/client.ts'
import { findNewestJob } from '../../db/repositories/jobs.ts'
import { createUploadRequest, findUploadRequest } from '../../db/repositories/upload-requests.ts'
import { createUpload, findUpload, type UploadRow } from '../../db/repositories/uploads.ts'
import { createVideo, findVideo, type VideoRow } from '../../db/repositories/videos.ts'
import type { Transact } from '../../db/transact.ts'
import { addSeconds, type Clock } from '../../kernel/clock.ts'
import type { CreateId } from '../../kernel/ids.ts'
import { sourceKey } from '../../kernel/object-keys.ts'
import { objectUrl } from '../../kernel/object-url.ts'
import { openJob } from '../jobs/open-job.ts'
import { processingEvent } from '../runs/processing-event.ts'
import type { videoTypeOf } from './video-type.ts'

export type AddedVideo = { video: VideoRow; jobId: string; upload: UploadRow }

export type NewUploadedVideo = ReturnType<typeof videoTypeOf> & {
  userId: string
  title: string
  description?: string | undefined
  language?: string | undefined
  sizeBytes: number
  kind: UploadRow['kind']
  /** SHA-256 of a file that came in the request. */
  sha256?: string | undefined
  /** The client's name for this request: a repetition finds the same video. */
  idempotencyKey?: string | undefined
}

type Multipart = { uploadId: string; partSizeBytes: number; partCount: number }
export type AddDeps = { sql: Sql; transact: Transact; storage: Storage; createId: CreateId; now: Clock }

/**
 * Creates video, job and upload together, or returns those of an earlier request with the same key;
 * `prepare` opens what the upload needs in S3, `undo` closes it when it was not needed in the end.
 * Throws `request.idempotency_conflict`.
 */
export const addVideo = async (
  deps: AddDeps,
  request: NewUploadedVideo,
  {
    prepare,
    undo,
  }: {
    prepare?: (key: string) => Promise<Multipart>
    undo?: (key: string, made: Multipart) => Promise<void>
  } = {},
): Promise<AddedVideo> => {
  const earlier = await findEarlier(deps, request)
  if (earlier) return earlier
  const id = deps.createId()
  const key = sourceKey({ userId: request.userId, videoId: id, extension: request.extension })
  const multipart = await prepare?.(key)
  try {
    return await insert(deps, request, { id, key, multipart })
  } catch (error) {
    if (multipart) await undo?.(key, multipart)
    const winner = error === KEY_IN_USE ? await findEarlier(deps, request) : undefined
    if (winner) return winner
    throw error
  }
}

const KEY_IN_USE = new Error('another request with this Idempotency-Key was faster')

const insert = (
  deps: AddDeps,
  request: NewUploadedVideo,
  { id, key, multipart }: { id: string; key: string; multipart: Multipart | undefined },
): Promise<AddedVideo> =>
  deps.transact(async ({ sql, emit }) => {
    const { userId, contentType, sizeBytes, idempotencyKey } = request
    const { bucket } = deps.storage
    const video = await createVideo(sql, {
      id,
      userId,
      title: request.title,
      description: request.description ?? null,
      language: request.language ?? null,
      fileUrl: objectUrl(bucket, key),
      fileSize: sizeBytes,
      sourceKey: key,
      sourceContentType: contentType,
    })
    if (idempotencyKey !== undefined) {
      const requestHash = hashOf(request)
      if (!(await createUploadRequest(sql, { userId, idempotencyKey, videoId: id, requestHash })))
        throw KEY_IN_USE
    }
    const expiresAt = addSeconds(deps.now(), UPLOAD_EXPIRES_SECONDS)
    const upload = await createUpload(sql, {
      videoId: id,
      kind: request.kind,
      bucket,
      key,
      contentType,
      sizeBytes,
      expiresAt,
      ...multipart,
    })
    const step = { userId, videoId: id, attempt: video.attempt, type: 'process-video' } as const
    const job = await openJob({ sql, createId: deps.createId }, step)
    await emit(userId, processingEvent(video))
    return { video, jobId: job.id, upload }
  })

const findEarlier = async (deps: AddDeps, request: NewUploadedVideo): Promise<AddedVideo | undefined> => {
  const { userId, idempotencyKey } = request
  if (idempotencyKey === undefined) return undefined
  const earlier = await findUploadRequest(deps.sql, { userId, idempotencyKey })
  if (!earlier) return undefined
  if (earlier.requestHash !== hashOf(request)) {
    throw problem('request.idempotency_conflict')
  }
  const { videoId } = earlier
  const [video, upload, job] = await Promise.all([
    findVideo(deps.sql, { userId, videoId }),
    findUpload(deps.sql, { userId, videoId }),
    findNewestJob(deps.sql, { videoId, type: 'process-video' }),
  ])
  return video && upload && job && { video, upload, jobId: job.id }
}

const hashOf = ({
  title,
  description,
  language,
  contentType,
  sizeBytes,
  kind,
  sha256,
}: NewUploadedVideo): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        kind,
        title,
        description ?? null,
        language ?? null,
        contentType,
        sizeBytes,
        sha256 ?? null,
      ]),
    )
    .digest('hex')
