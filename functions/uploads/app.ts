import { problem } from '../../shared/contract/problems.ts'
import type { uploadsRoutes } from '../../shared/contract/uploads.ts'
import { abortUpload } from '../../shared/domain/uploads/abort-upload.ts'
import { completeUpload, listParts, signParts } from '../../shared/domain/uploads/multipart-upload.ts'
import { type StartUploadDeps, startUpload } from '../../shared/domain/uploads/start-upload.ts'
import { type UploadFormDeps, uploadForm } from '../../shared/domain/uploads/upload-form.ts'
import { type PresentDeps, presentVideo } from '../../shared/domain/videos/present-video.ts'
import type { Implementations } from '../../shared/lambda/http/create-api.ts'
import { readForm } from '../../shared/lambda/http/read-form.ts'

export type UploadsDeps = StartUploadDeps & UploadFormDeps & PresentDeps

/** The operations of the uploads function. */
export const createUploadsApp = (deps: UploadsDeps): Implementations<typeof uploadsRoutes> => ({
  uploadVideo: async ({ body, form, user: { userId }, headers, baseUrl }) => {
    const idempotencyKey = readIdempotencyKey(headers)
    if (body === undefined) {
      const added = await uploadForm(deps, { userId, idempotencyKey, form: await readForm(form!) })
      return {
        status: 201,
        body: { video: await presentVideo(deps, added.video, baseUrl), jobId: added.jobId },
      }
    }
    const { video, jobId, target } = await startUpload(deps, { ...body, userId, idempotencyKey })
    return {
      status: 201,
      body: { video: await presentVideo(deps, video, baseUrl), jobId, ...(target && { upload: target }) },
    }
  },

  signParts: async ({ params, body, user }) => ({
    status: 200,
    body: {
      parts: await signParts(deps, {
        videoId: params.videoId,
        userId: user.userId,
        partNumbers: body.partNumbers,
      }),
    },
  }),

  listParts: async ({ params, user }) => ({
    status: 200,
    body: await listParts(deps, { videoId: params.videoId, userId: user.userId }),
  }),

  completeUpload: async ({ params, user, baseUrl }) => {
    const { video, jobId } = await completeUpload(deps, { videoId: params.videoId, userId: user.userId })
    return { status: 200, body: { video: await presentVideo(deps, video, baseUrl), jobId } }
  },

  abortUpload: async ({ params, user }) => {
    await abortUpload(deps, { videoId: params.videoId, userId: user.userId })
    return { status: 204 }
  },
})

const readIdempotencyKey = (headers: Record<string, string | undefined>): string | undefined => {
  const key = headers['idempotency-key']
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw problem('request.invalid', { detail: 'An Idempotency-Key has 1 to 255 visible ASCII characters.' })
}
