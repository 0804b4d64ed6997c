import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { UserEvent } from '../../shared/contract/events.ts'
import { processingEvent } from '../../shared/domain/runs/processing-event.ts'

const envelope = { seq: 1, at: '2026-11-26T10:00:00.000Z' }
const video = { id: randomUUID(), processingProgress: 2 }

it('a video that failed: its event carries code, sentence and whether a retry may help', () => {
  const error = { code: 'media.not_a_video', message: 'The file is not a video.', retryable: false }
  const event = processingEvent({ ...video, status: 'error', stage: 'failed', metadata: { error } })
  expect(UserEvent.parse({ ...event, ...envelope }).payload).toMatchObject({
    status: 'error',
    message: error.message,
    error,
  })
})

it('a video that is being processed again: the error of the earlier run is not in its event', () => {
  const event = processingEvent({ ...video, status: 'processing', stage: 'queued', metadata: {} })
  expect(event.payload).not.toHaveProperty('error')
})

it('an activity of an unknown kind, or without its video, is no event', () => {
  for (const payload of [{ action: 'video_renamed', videoId: randomUUID() }, { action: 'video_deleted' }])
    expect(UserEvent.safeParse({ type: 'user_activity', payload, ...envelope }).success).toBe(false)
})
