import { createProblem, type Problem, type ProblemDetails, type ProblemType } from '../kernel/problem.ts'
import type { Failure } from './failure.ts'

/**
 * Every expected failure of the product. Codes are stable: clients switch on them. `detail` is the
 * sentence for people; a call site gives another only when it has a number or a name in it.
 */
export const PROBLEMS = {
  'request.invalid': {
    status: 400,
    title: 'The request is not valid',
    detail: 'A part of the request is missing or wrong: `errors` names each.',
  },
  'request.body_not_json': {
    status: 400,
    title: 'The body is not valid JSON',
    detail: 'Send a body that is JSON in UTF-8.',
  },
  'request.body_too_large': {
    status: 413,
    title: 'The body is too large',
    detail: 'The body is larger than this route takes.',
  },
  'request.unsupported_media_type': {
    status: 415,
    title: 'This content type is not understood here',
    detail: 'Send the body as application/json.',
  },
  'request.idempotency_conflict': {
    status: 422,
    title: 'This Idempotency-Key was used for something else',
    detail: 'This Idempotency-Key belongs to another request. Use a new one.',
  },
  'request.not_acceptable': {
    status: 406,
    title: 'None of the accepted formats can be produced',
    detail: 'Accept a format that this route can answer with.',
  },
  'route.not_found': {
    status: 404,
    title: 'There is no such path or method',
    detail: 'There is no such path or method. GET /api/docs lists those that exist.',
  },
  'route.method_not_allowed': {
    status: 405,
    title: 'The address knows other methods',
    detail: 'The address does not take this method. The header Allow lists those that it takes.',
  },
  'rate.limited': {
    status: 429,
    title: 'Too many requests',
    detail: 'Too many requests. Try again in a moment.',
    retryable: true,
  },

  'auth.token_missing': {
    status: 401,
    title: 'Sign in first',
    detail:
      'Send the access token: as "Authorization: Bearer <token>", or to the WebSocket as "?token=<token>".',
  },
  'auth.token_invalid': {
    status: 401,
    title: 'The access token is not valid',
    detail: 'The access token is not valid, or its session has ended. Sign in again.',
  },
  'auth.token_expired': {
    status: 401,
    title: 'The access token has expired',
    detail: 'The access token has expired. Renew it with the refresh token.',
  },
  'auth.invalid_credentials': {
    status: 401,
    title: 'Email or password is wrong',
    detail: 'The email address or the password is wrong.',
  },
  'auth.refresh_invalid': {
    status: 401,
    title: 'The refresh token is not valid',
    detail: 'The session has ended. Sign in again.',
  },
  'auth.refresh_reused': {
    status: 401,
    title: 'The refresh token was used before',
    detail: 'This token was used before, so the session was ended for safety. Sign in again.',
  },
  'auth.email_taken': {
    status: 409,
    title: 'This email address is already registered',
    detail: 'This email address has an account already. Sign in instead.',
  },
  'auth.password_too_common': {
    status: 422,
    title: 'The password is one of the commonest',
    detail: 'This password is among the first that are tried. Choose another.',
  },
  'auth.ticket_invalid': {
    status: 401,
    title: 'The WebSocket ticket is not valid',
    detail: 'A ticket works once and only for a short time. Ask for a new one.',
  },
  'auth.origin_refused': {
    status: 403,
    title: 'This origin may not connect',
    detail: 'Pages of this origin may not connect. Open the hub at its own address.',
  },

  'playback.link_expired': {
    status: 401,
    title: 'The link has expired',
    detail: 'This link to the video has expired. Load the video again for a new one.',
  },
  'playback.link_invalid': {
    status: 401,
    title: 'The link is not valid',
    detail: 'This link does not lead to the video. Load the video again for a new one.',
  },
  'video.not_found': {
    status: 404,
    title: 'There is no such video',
    detail: 'You have no such video.',
  },
  'video.not_ready': {
    status: 409,
    title: 'The video is not ready yet',
    detail: 'The video is still being processed. Try again when it is done.',
    retryable: true,
  },
  'video.not_failed': {
    status: 409,
    title: 'Only a failed video can be retried',
    detail: 'Only a video in status "error" can be retried.',
  },
  'video.source_missing': {
    status: 409,
    title: 'The uploaded file is no longer there',
    detail: 'The uploaded file is no longer there. Upload it again.',
  },
  'video.playlist_not_found': {
    status: 404,
    title: 'There is no such playlist',
    detail: 'The video cannot be played yet, or it has no playlist of this name.',
  },

  'upload.not_found': {
    status: 404,
    title: 'There is no such upload',
    detail: 'You have no upload for such a video.',
  },
  'upload.invalid_type': {
    status: 415,
    title: 'Invalid file type',
    detail: 'Upload an MP4, MOV, AVI, WMV, FLV, WebM or MKV file.',
  },
  'upload.too_large': {
    status: 413,
    title: 'File too large',
    detail: 'The file is larger than an upload may be.',
  },
  'upload.not_multipart': {
    status: 409,
    title: 'This upload is not a multipart upload',
    detail: 'This file is sent in one piece, by the form of its upload.',
  },
  'upload.incomplete': {
    status: 409,
    title: 'Not every part has arrived',
    detail: 'Some parts have not arrived. Send them, then complete the upload.',
  },
  'upload.already_completed': {
    status: 409,
    title: 'The upload is already complete',
    detail: 'The file has arrived already. To remove it, delete the video.',
  },
  'upload.expired': {
    status: 410,
    title: 'The upload has expired',
    detail: 'The file did not arrive in time. Start a new upload.',
  },
  'upload.form_invalid': {
    status: 400,
    title: 'The form is not valid',
    detail: 'A field of the form is missing or wrong.',
  },

  'media.not_a_video': {
    status: 422,
    title: 'The file is not a video',
    detail: 'This is no video that can be read. Upload an MP4, MOV, AVI, WMV, FLV, WebM or MKV file.',
  },
  'media.type_mismatch': {
    status: 422,
    title: 'The file is not what it claims to be',
    detail: 'The file is of another type than was announced. Upload it again under its own type.',
  },
  'media.no_video_track': {
    status: 422,
    title: 'The file has no picture',
    detail: 'The file has sound or text, but no picture. Upload a video.',
  },
  'media.too_long': {
    status: 422,
    title: 'The video is too long',
    detail: 'The video is longer than the hub processes. Upload it in parts.',
  },
  'media.too_short': {
    status: 422,
    title: 'The video is too short',
    detail: 'The video has not one whole picture. Upload a longer one.',
  },
  'media.too_much_work': {
    status: 422,
    title: 'The video has too many pixels in all',
    detail:
      'The video has more pictures of its size than the hub processes. Send it in parts, or with fewer pixels or pictures a second.',
  },
  'media.too_complex': {
    status: 422,
    title: 'The file has too many parts',
    detail:
      'The file has so many tracks, tags or boxes that it cannot be read in time. Export it again with its picture and sound only.',
  },
  'media.too_large_picture': {
    status: 422,
    title: 'The picture is too large',
    detail: 'The picture has more pixels than the hub processes. Upload a smaller version.',
  },
  'media.unreadable': {
    status: 422,
    title: 'The file cannot be read',
    detail: 'The file is damaged, or coded in a way that is not known here. Upload another version of it.',
  },
  'media.source_missing': {
    status: 422,
    title: 'The uploaded file is gone',
    detail: 'The uploaded file is no longer there. Upload it again.',
  },
  'media.replaced': {
    status: 422,
    title: 'Another file was put in place of the one that was being processed',
    detail: 'Another file was put in place of the one that was being processed. Upload it again.',
  },
  'media.size_mismatch': {
    status: 422,
    title: 'The file is not as large as announced',
    detail: 'The file has another size than was announced. Upload it again.',
  },
  'media.transcode_failed': {
    status: 422,
    title: 'The video could not be converted',
    detail: 'The video could not be made playable. Upload another version of it.',
  },
  'media.processing_failed': {
    status: 500,
    title: 'Processing failed',
    detail: 'Something went wrong on our side. Try again.',
    retryable: true,
  },
  'media.no_place': {
    status: 503,
    title: 'There was no free place to process the video',
    detail: 'No place became free in time, so the video was not processed. Try again.',
    retryable: true,
  },
  'media.timed_out': {
    status: 504,
    title: 'Processing took too long',
    detail: 'Processing took too long and was stopped. Try again.',
    retryable: true,
  },
  'media.cancelled': {
    status: 409,
    title: 'Processing was cancelled',
    detail: 'Processing was stopped before its end. Try again.',
    retryable: true,
  },

  'transcript.not_found': {
    status: 404,
    title: 'The video has no transcript',
    detail: 'No transcript was made of this video.',
  },
  'summary.no_transcript': {
    status: 409,
    title: 'The video has no transcript to summarise',
    detail: 'Without a transcript there is nothing to summarise.',
  },
  'summary.failed': {
    status: 502,
    title: 'The summary could not be written',
    detail: 'No summary came about this time. Ask for it again.',
    retryable: true,
  },
  'job.not_found': {
    status: 404,
    title: 'There is no such job',
    detail: 'You have no such job.',
  },
  'provider.unavailable': {
    status: 503,
    title: 'An AI service is not available',
    detail: 'The AI service does not answer. Try again in some minutes.',
    retryable: true,
  },
} as const satisfies Record<string, ProblemType>

export type ProblemCode = keyof typeof PROBLEMS

/**
 * `throw problem('video.not_found', { videoId })`; a `detail` among the details replaces that of
 * the row.
 */
export const problem = (code: ProblemCode, details: ProblemDetails = {}): Problem =>
  createProblem(code, PROBLEMS[code], details)

/** The reason that a video or a job keeps of a thrown problem. */
export const failureOf = ({ code, message, type }: Problem): Failure => ({
  code,
  message,
  retryable: type.retryable ?? false,
})

/** The reason that a video or a job keeps when nothing was thrown. */
export const failure = (code: ProblemCode, message?: string): Failure =>
  failureOf(problem(code, message ? { detail: message } : {}))
