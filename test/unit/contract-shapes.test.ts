import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { AuthResponse, authRoutes, User } from '../../shared/contract/auth.ts'
import { events } from '../../shared/contract/events.ts'
import { routes } from '../../shared/contract/index.ts'
import { Job } from '../../shared/contract/jobs.ts'
import { AISummary, summariesRoutes } from '../../shared/contract/summaries.ts'
import { Health } from '../../shared/contract/system.ts'
import { uploadsRoutes } from '../../shared/contract/uploads.ts'
import {
  AddVideoResponse,
  AINarration,
  GetVideosQuery,
  Pagination,
  Transcript,
  Video,
  videosRoutes,
} from '../../shared/contract/videos.ts'

/** The keys in order; one that may be absent ends in a question mark. */
const keysOf = (schema: z.ZodType): string[] =>
  Object.entries((schema as z.ZodObject).shape).map(([key, value]) =>
    (value as z.ZodType).safeParse(undefined).success ? `${key}?` : key,
  )
const answersOf = ({ responses }: { responses: object }) => Object.keys(responses).map(Number)

const id = '0b1f8e1e-6c1c-4f7e-9d55-3f0f7b1f2a10'
const at = '2026-11-22T10:00:00.000Z'
const user = {
  id,
  email: 'linh@example.com',
  fullName: 'Linh',
  avatarUrl: null,
  subscriptionType: 'free',
  subscriptionExpiresAt: null,
  aiUsageCount: 0,
  aiUsageLimit: 10,
  createdAt: at,
  updatedAt: at,
}
const summary = {
  id,
  videoId: id,
  overview: 'A talk.',
  keyPoints: ['One'],
  language: 'vi',
  modelUsed: 'gpt-4o',
  createdAt: at,
}

describe('accounts', () => {
  it('a user is the row in camelCase', () => {
    expect(keysOf(User)).toEqual([
      ...[
        'id',
        'email',
        'fullName',
        'avatarUrl',
        'subscriptionType',
        'subscriptionExpiresAt',
        'aiUsageCount',
        'aiUsageLimit',
      ],
      ...['createdAt', 'updatedAt'],
    ])
  })

  it('the hash of a password never leaves, even when a whole row is handed over', () => {
    const answer = AuthResponse.parse({
      user: { ...user, passwordHash: 'argon2id' },
      token: 'a.b.c',
      refreshToken: 'r',
    })
    expect(answer).toEqual({ user, token: 'a.b.c', refreshToken: 'r' })
    const schemas = Object.values(routes).flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ schema }) => schema ?? []),
    )
    const answers = JSON.stringify(schemas.map(schema => z.toJSONSchema(schema)))
    expect(answers).toContain('"fullName"')
    expect(answers).not.toMatch(/password/i)
  })

  it('register, login and refresh answer AuthResponse, logout 204', () => {
    const { register, login, refresh, logout } = authRoutes
    expect(keysOf(AuthResponse)).toEqual(['user', 'token', 'refreshToken'])
    expect(register.responses[201].schema).toBe(AuthResponse)
    expect([login, refresh].map(route => route.responses[200].schema)).toEqual([AuthResponse, AuthResponse])
    expect(answersOf(logout)).toEqual([204])
  })
})

describe('videos', () => {
  it('a video is the row in camelCase, with its stage and what plays it', () => {
    expect(keysOf(Video)).toEqual([
      ...[
        'id',
        'userId',
        'title',
        'description',
        'youtubeUrl',
        'fileUrl',
        'thumbnailUrl',
        'duration',
        'fileSize',
        'status',
        'stage',
      ],
      ...['processingProgress', 'playbackUrl', 'metadata', 'error', 'createdAt', 'updatedAt'],
    ])
    expect(Video.shape.status.options).toEqual(['processing', 'processed', 'error'])
  })

  it('a list always has its pagination', () => {
    expect(keysOf(videosRoutes.listVideos.responses[200].schema)).toEqual(['videos', 'pagination'])
    expect(keysOf(Pagination)).toEqual(['page', 'limit', 'total', 'totalPages'])
    expect(GetVideosQuery.parse({})).toEqual({ page: 1, limit: 20, sortBy: 'created_at', sortOrder: 'desc' })
  })

  it('one video comes with its narrations, and with its summary once there is one', () => {
    expect(keysOf(videosRoutes.getVideo.responses[200].schema)).toEqual([
      'video',
      'aiSummary?',
      'narrations',
      'transcript',
    ])
  })

  it('PUT answers {video}, DELETE 204, an upload 201 {video, jobId}', () => {
    expect(keysOf(videosRoutes.updateVideo.responses[200].schema)).toEqual(['video'])
    expect(answersOf(videosRoutes.deleteVideo)).toEqual([204])
    expect(answersOf(uploadsRoutes.abortUpload)).toEqual([204])
    expect(keysOf(uploadsRoutes.uploadVideo.responses[201].schema)).toEqual(['video', 'jobId', 'upload?'])
    expect(uploadsRoutes.completeUpload.responses[200].schema).toBe(AddVideoResponse)
  })

  it('every DELETE answers 204 without a body', () => {
    const deletions = Object.values(routes).filter(({ method }) => method === 'DELETE')
    expect(deletions.map(answersOf)).toEqual(deletions.map(() => [204]))
  })

  it('a transcript is segments with times in seconds', () => {
    const segment = {
      id: 1,
      startTime: 0.3,
      endTime: 10.7,
      text: 'And so, my fellow Americans',
      confidence: 0.92,
    }
    expect(Transcript.parse({ segments: [segment] })).toEqual({ segments: [segment] })
    expect(keysOf(Transcript)).toEqual(['segments'])
    expect(keysOf(Transcript.shape.segments.element)).toEqual([
      'id',
      'startTime',
      'endTime',
      'text',
      'confidence',
    ])
  })

  it('a job says what it is for, how it stands and why it failed', () => {
    expect(keysOf(Job)).toEqual([
      'id',
      'type',
      'status',
      'progress',
      'videoId',
      'result?',
      'error?',
      'createdAt',
      'updatedAt',
    ])
  })
})

describe('what is made of a video', () => {
  it('key points are strings; timestamps are {time, content} and may carry more', () => {
    const timestamps = [{ time: '00:12', content: 'The question', segmentIds: [3] }]
    expect(AISummary.parse({ ...summary, timestamps })).toEqual({ ...summary, timestamps })
    expect(keysOf(AISummary)).toEqual([
      ...['id', 'videoId', 'overview', 'keyPoints', 'timestamps', 'language', 'modelUsed', 'createdAt'],
    ])
  })

  it('summarize always answers a jobId, and a summary or null', () => {
    const { responses } = summariesRoutes.summarize
    expect(keysOf(responses[200].schema)).toEqual(['summary', 'jobId'])
    expect(responses[202].schema.parse({ summary: null, jobId: id })).toEqual({ summary: null, jobId: id })
  })

  it('a narration is the row in camelCase, its transcript too', () => {
    expect(keysOf(AINarration)).toEqual([
      ...['id', 'videoId', 'language', 'voiceType', 'speed', 'audioUrl', 'transcript', 'status', 'createdAt'],
    ])
    const transcript = [{ startTime: 0, endTime: 1.5, text: 'Xin chào' }]
    expect(AINarration.shape.transcript.parse(transcript)).toEqual(transcript)
  })
})

describe('messages and health', () => {
  it('events have the types and payloads of the guide', () => {
    expect(Object.keys(events)).toEqual(['video_processing', 'ai_narration', 'chat_message', 'user_activity'])
    expect(keysOf(events.video_processing)).toEqual([
      'videoId',
      'status',
      'progress',
      'message?',
      'stage?',
      'error?',
    ])
    expect(keysOf(events.ai_narration)).toEqual(['videoId', 'narrationId', 'status', 'progress', 'audioUrl?'])
    expect(keysOf(events.chat_message)).toEqual(['messageId', 'videoId?', 'userId', 'content', 'timestamp'])
    expect(events.video_processing.shape.status.options).toEqual(['processing', 'completed', 'error'])
  })

  it('health has the shape of the guide', () => {
    expect(keysOf(Health)).toEqual(['status', 'timestamp', 'services', 'metrics'])
    expect(keysOf(Health.shape.services)).toEqual(['database', 'redis', 'storage', 'ai_services'])
    expect(keysOf(Health.shape.metrics)).toEqual([
      'activeUsers',
      'processingJobs',
      'queueSize',
      'memoryUsage',
      'cpuUsage',
    ])
  })
})
