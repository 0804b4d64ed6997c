import type * as z from 'zod'
import type { DirectUploads } from '../../aws/direct-uploads.ts'
import {
  MAX_POST_BYTES,
  MAX_UPLOAD_BYTES,
  PART_SIZE_BYTES,
  UPLOAD_LINK_SECONDS,
} from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import type { StartUploadRequest, UploadTarget } from '../../contract/uploads.ts'
import type { UploadRow } from '../../db/repositories/uploads.ts'
import { type AddDeps, type AddedVideo, addVideo } from './add-video.ts'
import { videoTypeOf } from './video-type.ts'

export type StartUploadDeps = AddDeps & { directUploads: DirectUploads }
type Request = z.output<typeof StartUploadRequest> & { userId: string; idempotencyKey?: string | undefined }
type Target = z.input<typeof UploadTarget>

/**
 * Announces a direct upload: a single POST up to MAX_POST_BYTES, parts above. A repetition whose
 * file has arrived has no target.
 */
export const startUpload = async (
  deps: StartUploadDeps,
  request: Request,
): Promise<AddedVideo & { target: Target | undefined }> => {
  const type = videoTypeOf(request.contentType, request.fileName)
  if (request.sizeBytes > MAX_UPLOAD_BYTES) {
    throw problem('upload.too_large', {
      detail: `File too large: a video may have ${MAX_UPLOAD_BYTES / 1024 ** 3} GiB at most.`,
      limitBytes: MAX_UPLOAD_BYTES,
    })
  }
  const kind = request.sizeBytes > MAX_POST_BYTES ? 'multipart' : 'post'
  const added = await addVideo(
    deps,
    { ...request, ...type, kind },
    kind === 'post'
      ? {}
      : {
          prepare: async key => ({
            uploadId: await deps.directUploads.createMultipart({ key, contentType: type.contentType }),
            partSizeBytes: PART_SIZE_BYTES,
            partCount: Math.ceil(request.sizeBytes / PART_SIZE_BYTES),
          }),
          undo: (key, { uploadId }) => deps.directUploads.abortMultipart({ key, uploadId }),
        },
  )
  return {
    ...added,
    target: added.upload.status === 'pending' ? await targetOf(deps, added.upload) : undefined,
  }
}

const targetOf = async ({ directUploads }: StartUploadDeps, upload: UploadRow): Promise<Target> => {
  const { key, contentType, sizeBytes, partSizeBytes, partCount } = upload
  if (partSizeBytes !== null && partCount !== null) return { kind: 'multipart', partSizeBytes, partCount }
  const form = await directUploads.signPost({
    key,
    contentType,
    minBytes: sizeBytes,
    maxBytes: sizeBytes,
    expiresSeconds: UPLOAD_LINK_SECONDS,
  })
  return { kind: 'post', ...form }
}
