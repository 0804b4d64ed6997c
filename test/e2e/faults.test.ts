import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetJobCommand, MediaConvertClient } from '@aws-sdk/client-mediaconvert'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { connectHub, type HubClient, type VideoEvent } from '../../dev/demo/hub-client.ts'
import type { LocalStack } from '../../packages/local-aws/src/stack/stack.ts'
import { hollowVideo, speechVideo } from '../support/fixtures.ts'
import { createHubPlace } from '../support/hub-place.ts'
import { PROCESSED_ONCE, viewAsOperator } from '../support/operator-view.ts'
import { processesBelow } from '../support/processes.ts'

const patience = { timeout: 200_000, interval: 250 }
/** For what lasts less than a second on a quick machine. */
const closely = { ...patience, interval: 50 }
const succeeded = [{ name: expect.any(String), status: 'SUCCEEDED' }]

let place: Awaited<ReturnType<typeof createHubPlace>>
let stack: LocalStack
let operator: ReturnType<typeof viewAsOperator>
let user: HubClient
let film: string

beforeAll(async () => {
  place = await createHubPlace()
  film = await speechVideo()
  // One place: a run that does not give it back stops the next story.
  stack = await place.start({ MAX_CONCURRENT_JOBS: '1' })
  operator = viewAsOperator(stack)
  user = await connectHub(stack)
})
afterAll(async () => {
  await operator?.close()
  await stack?.close()
  await place?.remove()
})

const upload = async (title: string) => (await user.upload(film, { title, language: 'en' })).video.id
const announce = (by: HubClient = user) =>
  by.call<Awaited<ReturnType<HubClient['upload']>>>('POST', '/videos/upload', {
    ...{ title: 'Announced', fileName: 'film.mp4', contentType: 'video/mp4', sizeBytes: 1000 },
  })
const becomes = (videoId: string, outcome: object) =>
  expect.poll(() => operator.outcomeOf(videoId), patience).toEqual(outcome)
const programs = async (name: RegExp) => (await processesBelow()).filter(({ command }) => name.test(command))

/** Returns the event of S3 about the landed file of a video. */
const landedEvent = (key: string): string =>
  JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Post', s3: { object: { key } } }] })

const everythingOf = async (videoId: string) => {
  const tables = [
    'uploads',
    'jobs',
    'media_files',
    'transcript_segments',
    'caption_tracks',
    'ai_summaries',
    'upload_requests',
  ]
  const rows = await Promise.all(
    tables.map(table => operator.sql`SELECT 1 FROM ${operator.sql(table)} WHERE video_id = ${videoId}`),
  )
  const objects = (await operator.storage.list('')).filter(({ key }) => key.includes(videoId))
  return {
    video: await operator.videoOf(videoId),
    rows: rows.flat().length,
    objects: objects.map(({ key }) => key),
  }
}

describe('A video', () => {
  test('is processed once though S3 tells of its file again and again', async () => {
    const videoId = await upload('Told three times')
    const event = landedEvent((await operator.videoOf(videoId))!.sourceKey)
    await Promise.all([operator.send('ingest', event), operator.send('ingest', event)])
    await becomes(videoId, PROCESSED_ONCE)
    await operator.send('ingest', event)
    await expect.poll(() => operator.messagesIn('ingest'), patience).toBe(0)
    expect(await operator.outcomeOf(videoId)).toEqual(PROCESSED_ONCE)
    expect(await operator.runsOf(videoId)).toEqual(succeeded)
  })

  test('is processed once though its media task is killed', async () => {
    const videoId = await upload('Killed')
    const task = await vi.waitUntil(async () => (await programs(/media-task\/index\.mjs/))[0], closely)
    await vi.waitUntil(async () => (await processesBelow(task.pid)).length > 0, closely)
    process.kill(task.pid, 'SIGKILL')
    await becomes(videoId, PROCESSED_ONCE)
    expect(await operator.runsOf(videoId)).toEqual(succeeded)
  })

  test('whose file turns out to hold no picture is refused by one media task, and leaves nothing', async () => {
    const tasks = async () =>
      (await readFile(join(place.stateDir, 'logs/combined.log'), 'utf8')).match(
        /task \w+ exited with \d+/g,
      ) ?? []
    const before = (await tasks()).length
    const { video } = await user.upload(await hollowVideo(), { title: 'Hollow' })
    await expect.poll(() => operator.runsOf(video.id), patience).toEqual(succeeded)
    expect(await operator.videoOf(video.id)).toMatchObject({
      status: 'error',
      metadata: { error: { code: 'media.unreadable' } },
    })
    expect((await tasks()).slice(before)).toEqual([expect.stringContaining('exited with 0')])
    await expect
      .poll(() => operator.outcomeOf(video.id), patience)
      .toMatchObject({ openJobs: 0, places: 0, orphans: [], missing: [] })
  })

  test('waits for the one before it when there is one place', async () => {
    const ids = await Promise.all([upload('One'), upload('Two')])
    for (const videoId of ids) await becomes(videoId, PROCESSED_ONCE)
    const events = await operator.sql<{ videoId: string; stage: string; seq: number }[]>`
      SELECT payload->>'videoId' AS video_id, payload->>'stage' AS stage, seq FROM user_events
      WHERE payload->>'videoId' IN ${operator.sql(ids)} AND payload->>'stage' IN ('inspecting', 'done') ORDER BY seq`
    const order = events.map(({ videoId, stage }) => `${stage} ${videoId}`)
    const [first, second] = events[0]!.videoId === ids[0] ? ids : ids.toReversed()
    expect([...new Set(order)]).toEqual([
      `inspecting ${first}`,
      `done ${first}`,
      `inspecting ${second}`,
      `done ${second}`,
    ])
  })

  test('that is deleted in mid-run leaves nothing, and nothing brings it back', async () => {
    const videoId = await upload('Deleted')
    // Everything is under way at once: the conversion is held until the recogniser listens.
    const conversion = await vi.waitUntil(async () => (await programs(/^ffmpeg .*-hls_time/))[0], closely)
    process.kill(conversion.pid, 'SIGSTOP')
    await vi.waitUntil(async () => (await programs(/pocketsphinx/))[0], closely)
    const { sourceKey, runId, transcodeJobId } = (await operator.videoOf(videoId))!
    expect(await operator.keysBelow(`media/${videoId}/`)).toContain(`media/${videoId}/${runId}/source.mp4`)
    const [run] = await operator.runsOf(videoId)
    await user.call('DELETE', `/videos/${videoId}`)

    await expect.poll(() => operator.runsOf(videoId), patience).toEqual([{ ...run, status: 'ABORTED' }])
    const mediaConvert = new MediaConvertClient({
      ...operator.client,
      endpoint: stack.endpoints.MEDIACONVERT!,
    })
    const { Job } = await mediaConvert.send(new GetJobCommand({ Id: transcodeJobId! }))
    expect(Job?.Status).toBe('CANCELED')
    await expect.poll(() => programs(/ffmpeg|ffprobe|pocketsphinx|media-task/), patience).toEqual([])
    const nothing = { video: undefined, rows: 0, objects: [] }
    // Sooner than the sweep that comes two minutes after every deletion.
    await expect.poll(() => everythingOf(videoId), { timeout: 90_000, interval: 250 }).toEqual(nothing)

    await operator.send('ingest', landedEvent(sourceKey))
    const input = JSON.stringify({ videoId, userId: sourceKey.split('/')[1], attempt: 1, key: sourceKey })
    await stack.invoke('pipeline-fail', { detail: { name: runId, status: 'TIMED_OUT', input } })
    await stack.invoke('scheduled-reconcile', {})
    await expect.poll(() => operator.messagesIn('ingest'), patience).toBe(0)
    expect(await everythingOf(videoId)).toEqual(nothing)
    expect(await operator.runsOf(videoId)).toHaveLength(1)
    await expect
      .poll(async () => [...(await operator.sql`SELECT run_id FROM pipeline_leases`)], patience)
      .toEqual([])
  })

  test('whose file never comes ends as upload.expired, and a file that comes later is removed', async () => {
    const { video, upload } = await announce()
    await operator.sql`UPDATE uploads SET expires_at = NOW() - interval '1 minute' WHERE video_id = ${video.id}`
    await stack.invoke('scheduled-reconcile', {})
    expect(await operator.videoOf(video.id)).toMatchObject({
      status: 'error',
      metadata: { error: { code: 'upload.expired' } },
    })

    if (upload.kind !== 'post') throw new Error('a small file is sent by a form')
    const form = new FormData()
    for (const [name, value] of Object.entries(upload.fields)) form.append(name, value)
    form.append('file', new Blob([new Uint8Array(1000)], { type: 'video/mp4' }))
    expect((await fetch(upload.url, { method: 'POST', body: form })).ok).toBe(true)
    await expect.poll(() => operator.compareFiles(), patience).toEqual({ orphans: [], missing: [] })
    expect(await operator.runsOf(video.id)).toEqual([])
  })
})

describe('The hub', () => {
  test('pushes an event whose wake was lost', async () => {
    const listener = await connectHub(stack)
    const heard: VideoEvent[] = []
    const socket = await listener.follow(event => heard.push(event))
    const QueueUrl = operator.queueUrl('events.fifo')
    const { Attributes = {} } = await operator.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    )
    await operator.sqs.send(new DeleteQueueCommand({ QueueUrl }))
    const { video } = await announce(listener)
    const { FifoQueue, RedrivePolicy, VisibilityTimeout } = Attributes
    const again = {
      QueueName: QueueUrl.split('/').at(-1),
      Attributes: { FifoQueue, RedrivePolicy, VisibilityTimeout } as typeof Attributes,
    }
    await operator.sqs.send(new CreateQueueCommand(again))

    await stack.invoke('scheduled-reconcile', {})
    await expect.poll(() => heard.map(({ payload }) => payload.videoId), patience).toEqual([video.id])
    socket.close()
  })

  test('puts a message aside that fails every time, and goes on with the others', async () => {
    const QueueUrl = operator.queueUrl('ingest')
    const visibility = async (VisibilityTimeout: string) =>
      operator.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout } }))
    await visibility('1')
    await operator.send('ingest', 'no event at all')
    const videoId = await upload('Behind a poisonous message')
    await becomes(videoId, PROCESSED_ONCE)
    const deadLetters = { QueueUrl: operator.queueUrl('ingest-dead') }
    const received = await vi.waitUntil(
      async () =>
        (await operator.sqs.send(new ReceiveMessageCommand({ ...deadLetters, WaitTimeSeconds: 1 }))).Messages,
      patience,
    )
    expect(received.map(({ Body }) => Body)).toEqual(['no event at all'])
    await operator.sqs.send(
      new DeleteMessageCommand({ ...deadLetters, ReceiptHandle: received[0]!.ReceiptHandle }),
    )
    await visibility('360')
  })
})
