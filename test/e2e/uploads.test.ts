import { openAsBlob } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { largeVideo, speechVideo } from '../support/fixtures.ts'
import { ask, type HubUser, sharedHub, signUp } from '../support/hub.ts'
import { viewAsOperator } from '../support/operator-view.ts'

const MIB = 1024 ** 2
const operator = viewAsOperator(sharedHub())
let user: HubUser
beforeAll(async () => {
  user = await signUp()
})
afterAll(operator.close)

describe('A video is processed that came', () => {
  it('by presigned POST, straight to the bucket', async () => {
    const { video, jobId } = await user.take(await speechVideo(), { title: 'Giọng nói', language: 'en' })
    expect(video).toMatchObject({
      title: 'Giọng nói',
      status: 'processed',
      stage: 'done',
      processingProgress: 100,
      duration: 7,
    })
    expect((await user.ask('GET', `/jobs/${jobId}`)).body).toMatchObject({
      type: 'process-video',
      status: 'completed',
      progress: 100,
      videoId: video.id,
      result: { videoId: video.id },
    })
  })

  it('in parts because it has more than 100 MB, resumed after a crash and completed twice', async () => {
    const blob = await openAsBlob(await largeVideo())
    const announced = {
      title: 'Phim dài',
      fileName: 'phim.mp4',
      contentType: 'video/mp4',
      sizeBytes: blob.size,
    }
    const { body } = await user.ask('POST', '/videos/upload', { body: announced })
    expect(body.upload).toEqual({ kind: 'multipart', partSizeBytes: 16 * MIB, partCount: 7 })
    const { id } = body.video
    const send = async (token: string, partNumbers: number[]) => {
      const { parts } = (await ask('POST', `/uploads/${id}/parts`, { token, body: { partNumbers } })).body
      for (const { partNumber, url } of parts) {
        const part = blob.slice((partNumber - 1) * 16 * MIB, partNumber * 16 * MIB)
        expect((await fetch(url, { method: 'PUT', body: part })).status).toBe(200)
      }
    }
    await send(user.token, [1, 2, 3])

    // The client crashes. Another one signs in and knows nothing but the video's id.
    const { token } = (await ask('POST', '/auth/login', { body: user })).body
    const complete = () => ask('POST', `/uploads/${id}/complete`, { token })
    expect((await complete()).body).toMatchObject({ code: 'upload.incomplete', missing: [4, 5, 6, 7] })
    const { parts, partCount } = (await ask('GET', `/uploads/${id}/parts`, { token })).body
    const arrived = parts.map((part: { partNumber: number }) => part.partNumber)
    expect(arrived).toEqual([1, 2, 3])
    const all = Array.from({ length: partCount }, (_, i) => i + 1)
    await send(
      token,
      all.filter(partNumber => !arrived.includes(partNumber)),
    )
    for (const answer of [...(await Promise.all([complete(), complete()])), await complete()])
      expect(answer).toMatchObject({ status: 200, body: { jobId: body.jobId, video: { id } } })

    expect((await user.ended(id)).payload.status).toBe('completed')
    expect((await complete()).body.jobId).toBe(body.jobId)
    expect((await user.videoOf(id)).video).toMatchObject({
      status: 'processed',
      fileSize: blob.size,
      duration: 7,
    })
    expect(await operator.statusesOf(id)).toEqual(['SUCCEEDED'])
  })
})
