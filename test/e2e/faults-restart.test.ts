import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { connectHub, type HubClient } from '../../dev/demo/hub-client.ts'
import type { LocalStack } from '../../packages/local-aws/src/stack/stack.ts'
import { speechVideo } from '../support/fixtures.ts'
import { createHubPlace } from '../support/hub-place.ts'
import { PROCESSED_ONCE, viewAsOperator } from '../support/operator-view.ts'
import { processesBelow, stillRunning } from '../support/processes.ts'

const patience = { timeout: 200_000, interval: 250 }

let place: Awaited<ReturnType<typeof createHubPlace>>
let stack: LocalStack | undefined
let operator: ReturnType<typeof viewAsOperator>
/** Signed up in the first story; known to all that follow. */
let user: HubClient
let film: string

const open = async (variables: Record<string, string> = {}): Promise<LocalStack> => {
  stack = await place.start(variables)
  operator = viewAsOperator(stack)
  return stack
}
const close = async () => {
  await operator?.close()
  await stack?.close()
}

beforeAll(async () => {
  place = await createHubPlace()
  film = await speechVideo()
})
afterEach(close)
afterAll(() => place?.remove())

const upload = async (title: string) => {
  user ??= await connectHub(place)
  return (await user.upload(film, { title, language: 'en' })).video.id
}
const becomes = (videoId: string, outcome: object) =>
  expect.poll(() => operator.outcomeOf(videoId), patience).toEqual(outcome)
const findProgram = async (name: RegExp, below?: number) =>
  (await processesBelow(below)).find(({ command }) => name.test(command))
/** A moment in which sound and pictures are worked on. */
const midRun = (below?: number) =>
  vi.waitUntil(() => findProgram(/^ffmpeg |pocketsphinx/, below), { ...patience, interval: 50 })

describe('A video', () => {
  test('that takes too long says so, can be retried, and no late message about the old run touches the new one', async () => {
    await open({ VIDEO_PROCESSING_TIMEOUT: '8000', MAX_CONCURRENT_JOBS: '1' })
    const videoId = await upload('Stuck')
    const failed = async () => (await operator.videoOf(videoId))?.status === 'error'
    const task = await vi.waitUntil(
      async () => (await findProgram(/media-task/)) ?? (await failed()),
      patience,
    )
    if (typeof task === 'object') process.kill(task.pid, 'SIGSTOP')
    const timedOut = { status: 'error', metadata: { error: { code: 'media.timed_out' } } }
    await expect.poll(() => operator.videoOf(videoId), patience).toMatchObject(timedOut)
    await expect.poll(() => findProgram(/media-task/), patience).toBeUndefined()
    await expect
      .poll(() => operator.outcomeOf(videoId), patience)
      .toMatchObject({ places: 0, openJobs: 0, orphans: [], missing: [] })

    await close()
    await open()
    await user.call('POST', `/videos/${videoId}/retry`)
    await becomes(videoId, PROCESSED_ONCE)
    expect(await operator.statusesOf(videoId)).toEqual(['TIMED_OUT', 'SUCCEEDED'])

    const { sourceKey } = (await operator.videoOf(videoId))!
    for (const [index, { name }] of (await operator.runsOf(videoId)).entries()) {
      const input = JSON.stringify({
        videoId,
        userId: sourceKey.split('/')[1],
        attempt: index + 1,
        key: sourceKey,
      })
      await stack!.invoke('pipeline-fail', { detail: { name, status: 'TIMED_OUT', input } })
    }
    await becomes(videoId, PROCESSED_ONCE)
  })
})

describe('The hub', () => {
  test('leaves no process when it is stopped in mid-run, and finishes the video when it is started again', async () => {
    const before = await processesBelow()
    await open()
    const videoId = await upload('Stopped')
    await midRun()
    await close()
    expect(await processesBelow()).toEqual(before)

    await open()
    await becomes(videoId, PROCESSED_ONCE)
    expect(await operator.statusesOf(videoId)).toEqual(['SUCCEEDED'])
  })

  test('leaves no process when it is killed in mid-run, and finishes the video when it is started again', async () => {
    const doomed = await place.startProcess()
    const videoId = await upload('Killed with all')
    await midRun(doomed.pid)
    const running = await processesBelow(doomed.pid)
    process.kill(doomed.pid, 'SIGKILL')
    await doomed.ended
    await expect.poll(() => stillRunning(running), patience).toEqual([])

    await open()
    await becomes(videoId, PROCESSED_ONCE)
    expect(await operator.statusesOf(videoId)).toEqual(['SUCCEEDED'])
  })
})
