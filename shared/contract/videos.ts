import * as z from 'zod'
import { Failure } from './failure.ts'
import { isoTime, languageTag, plainText, uuid, videoParams } from './fields.ts'
import { FILM_WARNINGS } from './media-report.ts'
import { STAGES, type Stage } from './pipeline.ts'
import { defineRoutes } from './route.ts'
import { AISummary } from './summaries.ts'

export const VIDEO_STATUSES = ['processing', 'processed', 'error'] as const
export const TRANSCRIPT_STATUSES = ['pending', 'ready', 'none'] as const
/** Why a processed video has no transcript. */
export const NO_TRANSCRIPT_REASONS = [
  'no_audio',
  'no_speech',
  'too_long',
  'language_not_supported',
  'recogniser_unavailable',
] as const

export const TranscriptStatus = z
  .object({
    status: z.enum(TRANSCRIPT_STATUSES),
    reason: z.enum(NO_TRANSCRIPT_REASONS).optional(),
    language: z.string().optional(),
    source: z.enum(['recognised', 'embedded', 'supplied']).optional(),
  })
  .meta({ id: 'TranscriptStatus' })

const name = z.string().max(200)
const count = z.int().min(0)

export const VideoMetadata = z
  .looseObject({
    container: name.optional(),
    durationMs: count.optional().meta({ description: 'Of picture and sound' }),
    width: count.optional().meta({ description: 'As it is seen: turned upright, with square pixels' }),
    height: count.optional(),
    resolution: name.optional().meta({ description: 'Width x height' }),
    rotation: z.int().optional().meta({ description: 'Degrees by which the stored picture is turned' }),
    frameRate: z.number().min(0).optional().meta({ description: 'Absent when it is not known' }),
    videoCodec: name.optional(),
    audioCodec: name.optional().meta({ description: 'Of the sound that is played' }),
    bitrate: count.optional().meta({ description: 'Bits a second; absent when it is not known' }),
    hasAudio: z.boolean().optional().meta({ description: 'True when there is sound that is played' }),
    hdr: z.boolean().optional().meta({ description: 'PQ or HLG; it is played in BT.709' }),
    wideColour: z.boolean().optional().meta({ description: 'BT.2020; it is played in BT.709' }),
    interlaced: z.boolean().optional().meta({ description: 'It is played in whole pictures' }),
    warnings: z
      .array(z.object({ code: z.enum(FILM_WARNINGS), message: z.string() }))
      .optional()
      .meta({ description: 'In which ways the video is less than its file promises' }),
    storyboardUrl: z.string().optional(),
    error: Failure.optional().meta({ deprecated: true, description: 'Read `error` of the video' }),
  })
  .meta({ id: 'VideoMetadata' })

export const Video = z
  .object({
    id: uuid,
    userId: uuid,
    title: z.string(),
    description: z.string().nullable(),
    youtubeUrl: z.string().nullable(),
    fileUrl: z
      .string()
      .nullable()
      .meta({ description: 'A link to the uploaded file that plays without headers' }),
    thumbnailUrl: z.string().nullable(),
    duration: z.int().nullable().meta({ description: 'Seconds' }),
    fileSize: z.int().nullable().meta({ description: 'Bytes' }),
    status: z.enum(VIDEO_STATUSES),
    stage: z.enum(Object.keys(STAGES) as [Stage, ...Stage[]]),
    processingProgress: z.int().min(0).max(100),
    playbackUrl: z
      .string()
      .nullable()
      .meta({ description: 'An HLS playlist that any player plays with nothing else' }),
    metadata: VideoMetadata.nullable(),
    error: Failure.nullable().meta({ description: 'Why it could not be processed' }),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'Video' })

export const AINarration = z
  .object({
    id: uuid,
    videoId: uuid,
    language: z.string(),
    voiceType: z.string(),
    speed: z.number(),
    audioUrl: z.string().nullable(),
    transcript: z
      .array(z.object({ startTime: z.number(), endTime: z.number(), text: z.string() }))
      .nullable(),
    status: z.string(),
    createdAt: isoTime,
  })
  .meta({ id: 'AINarration' })

export const TranscriptSegment = z
  .object({
    id: z.int(),
    startTime: z.number(),
    endTime: z.number(),
    text: z.string(),
    confidence: z.number().nullable(),
  })
  .meta({ id: 'TranscriptSegment', description: 'Times in seconds' })

export const Transcript = z.object({ segments: z.array(TranscriptSegment) }).meta({ id: 'Transcript' })

export const Pagination = z
  .object({ page: z.int(), limit: z.int(), total: z.int(), totalPages: z.int() })
  .meta({ id: 'Pagination' })

export const GetVideosQuery = z.object({
  page: z.coerce.number().int().min(1).max(100_000).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  search: plainText.trim().max(200).optional(),
  status: z.enum(VIDEO_STATUSES).optional(),
  sortBy: z.enum(['created_at', 'title', 'duration']).default('created_at'),
  sortOrder: z.enum(['asc', 'desc']).default('desc'),
})

export const videoTitle = plainText.trim().pipe(z.string().min(1).max(500))
export const videoDescription = plainText.pipe(z.string().max(10_000))

export const UpdateVideoRequest = z
  .object({ title: videoTitle.optional(), description: videoDescription.optional() })
  .refine(
    body => body.title !== undefined || body.description !== undefined,
    'Give a title or a description.',
  )
  .meta({ id: 'UpdateVideoRequest' })

export const videosRoutes = defineRoutes({
  listVideos: {
    method: 'GET',
    path: '/videos',
    function: 'videos',
    auth: 'user',
    summary: 'My videos',
    description: 'The search ignores accents: "giao duc" finds "giáo dục".',
    query: GetVideosQuery,
    responses: {
      200: { description: 'One page', schema: z.object({ videos: z.array(Video), pagination: Pagination }) },
    },
    problems: [],
  },
  getVideo: {
    method: 'GET',
    path: '/videos/{id}',
    function: 'videos',
    auth: 'user',
    summary: 'One video with its summary and narrations',
    params: videoParams,
    responses: {
      200: {
        description: 'The video',
        schema: z.object({
          video: Video,
          aiSummary: AISummary.optional(),
          narrations: z.array(AINarration),
          transcript: TranscriptStatus,
        }),
      },
    },
    problems: ['video.not_found'],
  },
  updateVideo: {
    method: 'PUT',
    path: '/videos/{id}',
    function: 'videos',
    auth: 'user',
    summary: 'Change title or description',
    params: videoParams,
    body: UpdateVideoRequest,
    responses: { 200: { description: 'The changed video', schema: z.object({ video: Video }) } },
    problems: ['video.not_found'],
  },
  deleteVideo: {
    method: 'DELETE',
    path: '/videos/{id}',
    function: 'videos',
    auth: 'user',
    summary: 'Delete a video and everything made from it',
    params: videoParams,
    responses: { 204: { description: 'It is gone' } },
    problems: ['video.not_found'],
  },
  retryVideo: {
    method: 'POST',
    path: '/videos/{id}/retry',
    function: 'videos',
    auth: 'user',
    summary: 'Run a failed video again',
    params: videoParams,
    responses: { 202: { description: 'It runs again', schema: z.object({ video: Video, jobId: uuid }) } },
    problems: ['video.not_found', 'video.not_failed', 'video.source_missing'],
  },
  getTranscript: {
    method: 'GET',
    path: '/videos/{id}/transcript',
    function: 'videos',
    auth: 'user',
    summary: 'The transcript as JSON, WebVTT or SRT',
    description:
      'The format is chosen by `format`, else by the Accept header (application/json, text/vtt, application/x-subrip).',
    params: videoParams,
    query: z.object({ format: z.enum(['json', 'vtt', 'srt']).optional() }),
    responses: {
      200: {
        description: 'The segments',
        schema: Transcript,
        alternatives: ['text/vtt', 'application/x-subrip'],
      },
    },
    problems: ['video.not_found', 'transcript.not_found', 'video.not_ready', 'request.not_acceptable'],
  },
  getPlaylist: {
    method: 'GET',
    path: '/videos/{id}/playback/{playlist}',
    function: 'videos',
    auth: 'playback',
    summary: 'An HLS playlist, the storyboard (storyboard.vtt) with signed links, or captions.vtt',
    params: z.object({ id: uuid, playlist: z.string().regex(/^[a-z0-9_]{1,40}\.(m3u8|vtt)$/) }),
    query: z.object({ token: z.string().min(1).max(2048) }),
    responses: {
      200: {
        description: 'The playlist; WebVTT for the storyboard',
        contentType: 'application/vnd.apple.mpegurl',
        alternatives: ['text/vtt'],
      },
    },
    problems: [
      'playback.link_invalid',
      'playback.link_expired',
      'video.not_found',
      'video.playlist_not_found',
      'transcript.not_found',
      'video.not_ready',
    ],
  },
})

export const AddVideoResponse = z.object({ video: Video, jobId: uuid }).meta({ id: 'AddVideoResponse' })
export const spokenLanguage = languageTag
  .optional()
  .meta({ description: 'The spoken language; absent: it is identified' })
