import { createProblem, type Problem, type ProblemDetails, type ProblemType } from '../kernel/problem.ts'
import type { Failure } from './failure.ts'

/** Every expected failure of the product. Codes are stable: clients switch on them. */
export const PROBLEMS = {
  'request.invalid': { status: 400, title: 'The request is not valid' },
  'request.body_not_json': { status: 400, title: 'The body is not valid JSON' },
  'request.body_too_large': { status: 413, title: 'The body is too large' },
  'request.unsupported_media_type': { status: 415, title: 'This content type is not understood here' },
  'request.idempotency_conflict': { status: 422, title: 'This Idempotency-Key was used for something else' },
  'request.not_acceptable': { status: 406, title: 'None of the accepted formats can be produced' },
  'route.not_found': { status: 404, title: 'There is no such path or method' },
  'rate.limited': { status: 429, title: 'Too many requests', retryable: true },

  'auth.token_missing': { status: 401, title: 'Sign in first' },
  'auth.token_invalid': { status: 401, title: 'The access token is not valid' },
  'auth.token_expired': { status: 401, title: 'The access token has expired' },
  'auth.invalid_credentials': { status: 401, title: 'Email or password is wrong' },
  'auth.refresh_invalid': { status: 401, title: 'The refresh token is not valid' },
  'auth.refresh_reused': { status: 401, title: 'The refresh token was used before' },
  'auth.email_taken': { status: 409, title: 'This email address is already registered' },
  'auth.password_too_common': { status: 422, title: 'The password is one of the commonest' },
  'auth.ticket_invalid': { status: 401, title: 'The WebSocket ticket is not valid' },
  'auth.origin_refused': { status: 403, title: 'This origin may not connect' },

  'video.not_found': { status: 404, title: 'There is no such video' },
  'video.not_ready': { status: 409, title: 'The video is not ready yet', retryable: true },
  'video.not_failed': { status: 409, title: 'Only a failed video can be retried' },
  'video.source_missing': { status: 409, title: 'The uploaded file is no longer there' },
  'video.playlist_not_found': { status: 404, title: 'There is no such playlist' },

  'upload.not_found': { status: 404, title: 'There is no such upload' },
  'upload.invalid_type': { status: 415, title: 'Invalid file type' },
  'upload.too_large': { status: 413, title: 'File too large' },
  'upload.not_multipart': { status: 409, title: 'This upload is not a multipart upload' },
  'upload.incomplete': { status: 409, title: 'Not every part has arrived' },
  'upload.already_completed': { status: 409, title: 'The upload is already complete' },
  'upload.expired': { status: 410, title: 'The upload has expired' },
  'upload.form_invalid': { status: 400, title: 'The form is not valid' },

  'media.not_a_video': { status: 422, title: 'The file is not a video' },
  'media.type_mismatch': { status: 422, title: 'The file is not what it claims to be' },
  'media.no_video_track': { status: 422, title: 'The file has no picture' },
  'media.too_long': { status: 422, title: 'The video is too long' },
  'media.too_large_picture': { status: 422, title: 'The picture is too large' },
  'media.unreadable': { status: 422, title: 'The file cannot be read' },
  'media.replaced': { status: 422, title: 'Another file was put in place of the one that was being processed' },
  'media.size_mismatch': { status: 422, title: 'The file is not as large as announced' },
  'media.transcode_failed': { status: 422, title: 'The video could not be converted' },
  'media.processing_failed': { status: 500, title: 'Processing failed', retryable: true },
  'media.no_place': { status: 503, title: 'There was no free place to process the video', retryable: true },
  'media.timed_out': { status: 504, title: 'Processing took too long', retryable: true },
  'media.cancelled': { status: 409, title: 'Processing was cancelled', retryable: true },

  'transcript.not_found': { status: 404, title: 'The video has no transcript' },
  'summary.no_transcript': { status: 409, title: 'The video has no transcript to summarise' },
  'summary.failed': { status: 502, title: 'The summary could not be written', retryable: true },
  'job.not_found': { status: 404, title: 'There is no such job' },
  'provider.unavailable': { status: 503, title: 'An AI service is not available', retryable: true },
} as const satisfies Record<string, ProblemType>

export type ProblemCode = keyof typeof PROBLEMS

/** `throw problem('video.not_found', { videoId })`; `detail` replaces the title as the sentence for people. */
export const problem = (code: ProblemCode, details: ProblemDetails = {}): Problem => createProblem(code, PROBLEMS[code], details)

/** The reason that a video or a job keeps of a thrown problem. */
export const failureOf = ({ code, message, type }: Problem): Failure => ({ code, message, retryable: type.retryable ?? false })

/** The reason that a video or a job keeps when nothing was thrown; without a sentence of its own it is the title. */
export const failure = (code: ProblemCode, message = `${PROBLEMS[code].title}.`): Failure => failureOf(problem(code, { detail: message }))
