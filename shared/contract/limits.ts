const MB = 1024 * 1024

/** Guide: 2 * 1024 * 1024 * 1024. */
export const MAX_UPLOAD_BYTES = 2048 * MB
/** Larger files are sent in parts; one POST of 100 MB survives an ordinary connection. */
export const MAX_POST_BYTES = 100 * MB
/**
 * The largest file of a form: API Gateway hands Lambda the body in base64, and an event ends at 6
 * MB.
 */
export const MAX_FORM_FILE_BYTES = 4_000_000
/** S3 takes parts of 5 MiB and more; 16 MiB keeps 2 GiB at 128 parts. */
export const PART_SIZE_BYTES = 16 * MB
/** The time for a client to send the file that it announced. */
export const UPLOAD_EXPIRES_SECONDS = 24 * 3600
/** The life of a signed upload link. */
export const UPLOAD_LINK_SECONDS = 3600
/** The life of a link to a file, and of a playback token. */
export const PLAYBACK_LINK_SECONDS = 6 * 3600
export const MAX_DURATION_SECONDS = 5 * 3600
/** Amazon Transcribe takes 4 hours of sound at most. */
export const MAX_SPEECH_SECONDS = 4 * 3600
/** The request body that a JSON route reads at most. */
export const MAX_JSON_BYTES = 256 * 1024
/** The time that `POST /api/ai/summarize` waits for the summary before it answers 202. */
export const SUMMARIZE_WAIT_MS = 20_000
/**
 * The time for writing a summary: in the pipeline, where the video waits for it and then goes
 * on without it, and in the worker that makes up for it.
 */
export const SUMMARY_BUDGET_MS = { pipeline: 100_000, worker: 580_000 } as const
/**
 * The age at which a summary's worker must be gone: longer than its functions may run, shorter than
 * the queue hides a message that one of them has taken.
 */
export const SUMMARY_ABANDONED_MS = 15 * 60_000
export const WEBSOCKET_TICKET_SECONDS = 60

/**
 * The guide's six types and the names that browsers really send for the same files, by file
 * extension.
 */
export const VIDEO_TYPES = {
  'video/mp4': 'mp4',
  'video/avi': 'avi',
  'video/x-msvideo': 'avi',
  'video/mov': 'mov',
  'video/quicktime': 'mov',
  'video/wmv': 'wmv',
  'video/x-ms-wmv': 'wmv',
  'video/flv': 'flv',
  'video/x-flv': 'flv',
  'video/webm': 'webm',
  'video/x-matroska': 'mkv',
} as const

export type VideoType = keyof typeof VIDEO_TYPES

/**
 * The pause before a second sweep. By then every step that was running has noticed that its run or
 * video has ended, so nothing is written any more.
 */
export const SWEEP_DELAY_SECONDS = 120
