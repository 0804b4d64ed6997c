import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebVTTParser } from 'webvtt-parser'
import * as fixtures from '../support/fixtures.ts'
import { type HubUser, sharedHub, signUp } from '../support/hub.ts'
import { viewAsOperator } from '../support/operator-view.ts'

const operator = viewAsOperator(sharedHub())
let user: HubUser
beforeAll(async () => {
  user = await signUp()
})
afterAll(operator.close)

const transcriptOf = (videoId: string, headers: Record<string, string> = {}, query = '') =>
  user.ask('GET', `/videos/${videoId}/transcript${query}`, { headers })

describe.concurrent('A video without words is processed and says so:', () => {
  it.each([
    ['silence', fixtures.silentVideo, 'no_speech'],
    ['no sound track', fixtures.videoWithoutAudio, 'no_audio'],
  ])('%s', async (_, fixture, reason) => {
    const { video, transcript, aiSummary } = await user.take(await fixture())
    expect(video).toMatchObject({
      status: 'processed',
      duration: 6,
      metadata: { hasAudio: reason === 'no_speech' },
    })
    expect(video.playbackUrl).toBeTruthy()
    expect(video.thumbnailUrl).toBeTruthy()
    expect(transcript).toEqual({ status: 'none', reason })
    expect(aiSummary).toBeUndefined()
    expect((await transcriptOf(video.id)).body).toMatchObject({
      status: 404,
      code: 'transcript.not_found',
      reason,
    })
    const summary = await user.ask('POST', `/ai/summarize/${video.id}`, { body: {} })
    expect(summary.body).toMatchObject({ status: 409, code: 'summary.no_transcript' })
  })
})

describe.concurrent('A file that MediaConvert does not read is made readable first:', () => {
  it.each([
    ['AVI', fixtures.aviVideo],
    ['WMV', fixtures.wmvVideo],
    ['FLV with MP3', fixtures.flvVideo],
  ])('%s', async (_, fixture) => {
    const { video, transcript } = await user.take(await fixture(), { language: 'en' })
    expect(video).toMatchObject({ status: 'processed', duration: 7, metadata: { width: 640, height: 360 } })
    expect(transcript).toEqual({ status: 'ready', language: 'en', source: 'recognised' })
    const stages = user.events
      .filter(({ payload }) => payload.videoId === video.id)
      .map(({ payload }) => payload.stage)
    expect(stages).toContain('normalising')
    const intermediate = expect.stringMatching(/normalised\.mp4$|source\.\w+$/)
    const keys = () => operator.keysBelow(`media/${video.id}/`)
    await vi.waitFor(async () => expect(await keys()).not.toContainEqual(intermediate), {
      timeout: 10_000,
      interval: 200,
    })
  })
})

describe('Subtitles in the file', () => {
  it('are its transcript, with every accent, as JSON, WebVTT and SRT', async () => {
    const { video, transcript, aiSummary } = await user.take(await fixtures.videoWithSubtitles(), {
      title: 'Bài giảng',
    })
    expect(transcript).toEqual({ status: 'ready', language: 'vi', source: 'embedded' })
    const { segments } = (await transcriptOf(video.id)).body
    expect(segments).toEqual(fixtures.subtitleLines.map((line, id) => ({ id, ...line, confidence: null })))

    const lines = fixtures.subtitleLines.map(({ text }) => text)
    const vtt = await transcriptOf(video.id, { Accept: 'text/vtt' })
    expect(vtt.headers.get('content-type')).toContain('text/vtt')
    const { cues, errors } = new WebVTTParser().parse(vtt.text, 'subtitles')
    expect(errors).toEqual([])
    expect(cues.map(({ startTime, endTime, text }) => ({ startTime, endTime, text }))).toEqual(
      fixtures.subtitleLines,
    )
    expect((await transcriptOf(video.id, {}, '?format=vtt')).text).toBe(vtt.text)

    const srt = await transcriptOf(video.id, { Accept: 'application/x-subrip' })
    expect(srt.text).toContain(`1\n00:00:00,500 --> 00:00:02,500\n${lines[0]}\n`)
    expect((await transcriptOf(video.id, {}, '?format=srt')).text).toBe(srt.text)
    expect((await transcriptOf(video.id, { Accept: 'image/png' })).status).toBe(406)

    expect(aiSummary).toMatchObject({ language: 'vi', overview: expect.stringContaining(lines[0]!) })
  })
})

describe('A summary', () => {
  it('that is asked for too early is a job, and is written in the language that the engine knows', async () => {
    const { video } = await user.upload(await fixtures.videoWithSubtitles('mkv'), { title: 'Bài giảng' })
    const summarize = () => user.ask('POST', `/ai/summarize/${video.id}`, { body: { language: 'en' } })
    const early = await summarize()
    expect(early).toMatchObject({ status: 202, body: { summary: null, jobId: expect.any(String) } })
    const job = async () => (await user.ask('GET', `/jobs/${early.body.jobId}`)).body
    expect(await job()).toMatchObject({ type: 'generate-summary', status: 'queued', progress: 0 })

    await user.ended(video.id)
    await expect.poll(job).toMatchObject({ status: 'completed', progress: 100 })
    const { status, body } = await summarize()
    expect(status).toBe(200)
    // The extractive engine cannot translate, and says so.
    expect(body).toMatchObject({
      jobId: early.body.jobId,
      summary: { language: 'vi', modelUsed: 'extractive' },
    })
    expect((await summarize()).body).toEqual(body)
  })
})

describe('A file that is not what it claims', () => {
  it('ends in an error with its reason, is removed, and cannot be retried', async () => {
    const { video } = await user.take(await fixtures.notAVideo())
    expect(video).toMatchObject({
      status: 'error',
      stage: 'failed',
      fileUrl: null,
      playbackUrl: null,
      metadata: { error: { code: 'media.not_a_video', retryable: false } },
    })
    await expect.poll(() => operator.keysBelow(`users/${user.user.id}/videos/${video.id}/`)).toEqual([])
    await expect.poll(() => operator.keysBelow(`media/${video.id}/`)).toEqual([])
    expect((await user.ask('POST', `/videos/${video.id}/retry`)).body.code).toBe('video.source_missing')
  })
})

describe('A video under way', () => {
  it('that an operator stopped fails with a reason and is processed by a retry', async () => {
    const { video, jobId } = await user.upload(await fixtures.silentVideo(), { title: 'Stopped' })
    await user.until(video.id, ({ stage }) => stage === 'extracting')
    expect((await user.ask('POST', `/videos/${video.id}/retry`)).body.code).toBe('video.not_failed')
    await operator.stopRun(video.id)
    expect((await user.ended(video.id)).payload).toMatchObject({ status: 'error', stage: 'failed' })
    const failure = { code: 'media.cancelled', retryable: true }
    expect((await user.videoOf(video.id)).video).toMatchObject({
      status: 'error',
      metadata: { error: failure },
    })
    expect((await user.ask('GET', `/jobs/${jobId}`)).body).toMatchObject({ status: 'failed', error: failure })

    const retried = await user.ask('POST', `/videos/${video.id}/retry`)
    expect(retried).toMatchObject({ status: 202, body: { video: { status: 'processing' } } })
    expect(retried.body.jobId).not.toBe(jobId)
    expect((await user.ended(video.id, { run: 2 })).payload.status).toBe('completed')
    const again = await user.videoOf(video.id)
    expect(again.video.status).toBe('processed')
    expect(again.video.metadata).not.toHaveProperty('error')
    expect(await operator.statusesOf(video.id)).toEqual(['ABORTED', 'SUCCEEDED'])
  })

  it('that is deleted stops and leaves nothing', async () => {
    const { video, jobId } = await user.upload(await fixtures.speechVideo(), { title: 'Deleted' })
    await user.until(video.id, ({ stage }) => stage === 'transcribing' || stage === 'transcoding')
    expect((await user.ask('DELETE', `/videos/${video.id}`)).status).toBe(204)
    expect((await user.ask('GET', `/videos/${video.id}`)).status).toBe(404)
    expect((await user.ask('GET', `/jobs/${jobId}`)).status).toBe(404)
    await expect.poll(() => operator.statusesOf(video.id)).toEqual(['ABORTED'])
    await expect.poll(() => operator.keysBelow(`users/${user.user.id}/videos/${video.id}/`)).toEqual([])
  })
})
