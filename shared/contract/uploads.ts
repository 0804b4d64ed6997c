import * as z from 'zod'
import { videoIdParams } from './fields.ts'
import { MAX_UPLOAD_BYTES } from './limits.ts'
import { defineRoutes } from './route.ts'
import { AddVideoResponse, spokenLanguage, videoDescription, videoTitle } from './videos.ts'

/**
 * The type and the upper bound are checked by the use case: each has a status and a sentence of its
 * own.
 */
export const StartUploadRequest = z
  .object({
    title: videoTitle,
    description: videoDescription.optional(),
    fileName: z.string().min(1).max(255),
    contentType: z
      .string()
      .max(100)
      .toLowerCase()
      .default('')
      .meta({ description: 'As in `File.type`; where that is empty or unknown, the name decides' }),
    sizeBytes: z
      .int()
      .min(1)
      .meta({ description: `At most ${MAX_UPLOAD_BYTES}` }),
    language: spokenLanguage,
  })
  .meta({ id: 'StartUploadRequest' })

export const UploadForm = z
  .object({
    file: z.file().meta({ description: 'About 4 MB at most; larger files take the JSON form' }),
    title: videoTitle,
    description: videoDescription.optional(),
    language: spokenLanguage,
  })
  .meta({ id: 'UploadForm' })

export const UploadTarget = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('post'), url: z.string(), fields: z.record(z.string(), z.string()) }),
    z.object({ kind: z.literal('multipart'), partSizeBytes: z.int(), partCount: z.int() }),
  ])
  .meta({ id: 'UploadTarget' })

export const uploadsRoutes = defineRoutes({
  uploadVideo: {
    method: 'POST',
    path: '/videos/upload',
    function: 'uploads',
    auth: 'user',
    summary: 'Add a video: announce a direct upload, or send a small file as a form',
    description:
      'With an `Idempotency-Key` header a repeated request answers the same video and makes no second one. A form of more than 10 MB is refused by API Gateway itself: 413 with `{"message":"Request Too Long"}`, not a problem document.',
    body: StartUploadRequest,
    form: UploadForm,
    bodyLimitBytes: 6_000_000,
    responses: {
      201: {
        description: 'The video and where to send the file',
        schema: AddVideoResponse.extend({ upload: UploadTarget.optional() }),
      },
    },
    problems: [
      'upload.invalid_type',
      'upload.too_large',
      'upload.form_invalid',
      'request.idempotency_conflict',
    ],
  },
  signParts: {
    method: 'POST',
    path: '/uploads/{videoId}/parts',
    function: 'uploads',
    auth: 'user',
    summary: 'Links for the parts of a multipart upload',
    params: videoIdParams,
    body: z
      .object({ partNumbers: z.array(z.int().min(1).max(10_000)).min(1).max(100) })
      .meta({ id: 'SignPartsRequest' }),
    responses: {
      200: {
        description: 'One link a part',
        schema: z.object({ parts: z.array(z.object({ partNumber: z.int(), url: z.string() })) }),
      },
    },
    problems: ['upload.not_found', 'upload.not_multipart', 'upload.already_completed', 'upload.expired'],
  },
  listParts: {
    method: 'GET',
    path: '/uploads/{videoId}/parts',
    function: 'uploads',
    auth: 'user',
    summary: 'Which parts have arrived',
    params: videoIdParams,
    responses: {
      200: {
        description: 'The arrived parts',
        schema: z.object({
          partSizeBytes: z.int(),
          partCount: z.int(),
          parts: z.array(z.object({ partNumber: z.int(), sizeBytes: z.int(), eTag: z.string() })),
        }),
      },
    },
    problems: ['upload.not_found', 'upload.not_multipart', 'upload.already_completed', 'upload.expired'],
  },
  completeUpload: {
    method: 'POST',
    path: '/uploads/{videoId}/complete',
    function: 'uploads',
    auth: 'user',
    summary: 'Put the parts together; may be repeated',
    params: videoIdParams,
    responses: { 200: { description: 'The video', schema: AddVideoResponse } },
    problems: ['upload.not_found', 'upload.not_multipart', 'upload.incomplete', 'upload.expired'],
  },
  abortUpload: {
    method: 'DELETE',
    path: '/uploads/{videoId}',
    function: 'uploads',
    auth: 'user',
    summary: 'Give an upload up: its parts and its video are removed',
    params: videoIdParams,
    responses: { 204: { description: 'It is gone' } },
    problems: ['upload.not_found', 'upload.already_completed'],
  },
})
