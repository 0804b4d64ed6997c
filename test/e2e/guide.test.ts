import { openAsBlob } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { speechVideo } from '../support/fixtures.ts'
import { ask, type HubUser, signUp } from '../support/hub.ts'

// The two examples of the guide, asked over HTTP.
describe('Video API', () => {
  let user: HubUser
  let userToken: string
  let videoId: string
  beforeAll(async () => {
    user = await signUp()
    userToken = user.token
  })

  test('should upload video successfully', async () => {
    const form = new FormData()
    form.append('file', await openAsBlob(await speechVideo(), { type: 'video/mp4' }), 'test-video.mp4')
    form.append('title', 'Test Video')
    const response = await ask('POST', '/videos/upload', { token: userToken, form })

    expect(response.status).toBe(201)
    expect(response.body.video.title).toBe('Test Video')
    expect(response.body.jobId).toBeDefined()
    videoId = response.body.video.id
  })

  test('should generate AI summary', async () => {
    expect((await user.ended(videoId)).payload.status).toBe('completed')
    const response = await ask('POST', `/ai/summarize/${videoId}`, {
      token: userToken,
      body: { language: 'vi' },
    })

    expect(response.status).toBe(200)
    expect(response.body.summary.overview).toBeDefined()
    expect(response.body.summary.keyPoints).toBeInstanceOf(Array)
  })
})
