import { beforeAll, describe, expect, it } from 'vitest'
import { WebSocket as Client } from 'ws'
import { UserEvent } from '../../shared/contract/events.ts'
import { speechVideo } from '../support/fixtures.ts'
import { type HubUser, sharedHub, signUp } from '../support/hub.ts'

let user: HubUser
beforeAll(async () => {
  user = await signUp()
})

// biome-ignore lint/suspicious/noExplicitAny: frames are asserted on, not used
type Frame = any

/**
 * A socket, and all that has come through it so far; or of what comes, only the next number each
 * time.
 */
const listen = async (known?: Frame[]) => {
  const frames = known ?? []
  const socket = await user.openSocket()
  socket.addEventListener('message', ({ data }) => {
    const frame = JSON.parse(String(data))
    if (!known || frame.seq === frames.length + 1) frames.push(frame)
  })
  return { frames, socket, send: (text: string) => socket.send(text) }
}

/** Returns 'open', or the status of the refusal. */
const knock = (query: string, origin?: string) =>
  new Promise<'open' | number>((answer, fail) => {
    const client = new Client(`${sharedHub().webSocketUrl}${query}`, { ...(origin && { origin }) })
    client.once('open', () => {
      client.close()
      answer('open')
    })
    client.once('unexpected-response', (_, { statusCode }) => {
      client.terminate()
      answer(statusCode!)
    })
    client.on('error', fail)
  })

const newTicket = async () => (await user.call<{ ticket: string }>('POST', '/ws/ticket')).ticket

describe('What happens to a video', () => {
  it('reaches its owner in order, without gap or double, also over a connection that broke', async () => {
    const whole = await listen()
    const broken = await listen()
    const { video, jobId } = await user.upload(await speechVideo(), { title: 'Live', language: 'en' })

    await expect.poll(() => broken.frames.length).toBeGreaterThanOrEqual(3)
    broken.socket.close()
    const lastSeen = broken.frames.at(-1).seq
    await expect.poll(() => whole.frames.at(-1).seq).toBeGreaterThan(lastSeen + 1)
    const resumed = await listen(broken.frames)
    resumed.send(JSON.stringify({ type: 'resume', after: lastSeen }))

    const { progress } = (await user.until(video.id, ({ progress }) => progress >= 30)).payload
    const job = (await user.ask('GET', `/jobs/${jobId}`)).body
    expect(job).toMatchObject({ type: 'process-video', videoId: video.id })
    expect(job.progress).toBeGreaterThanOrEqual(progress)

    const last = await user.ended(video.id)
    for (const { frames } of [whole, resumed]) await expect.poll(() => frames.at(-1).seq).toBe(last.seq)
    expect(whole.frames.map(({ seq }) => seq)).toEqual(whole.frames.map((_, i) => i + 1))
    expect(resumed.frames).toEqual(whole.frames)
    expect((await user.ask('GET', '/events?after=0&limit=500')).body).toEqual({
      events: whole.frames,
      lastSeq: last.seq,
    })
    expect((await user.ask('GET', `/events?after=${lastSeen}&limit=2`)).body.events).toEqual(
      whole.frames.slice(lastSeen, lastSeen + 2),
    )

    for (const frame of whole.frames) expect(UserEvent.parse(frame)).toEqual(frame)
    const shown = whole.frames.filter(({ type }) => type === 'video_processing').map(({ payload }) => payload)
    const numbers = shown.map(({ progress }) => progress)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect(shown[0]).toMatchObject({ status: 'processing', progress: 0, stage: 'uploading' })
    expect(shown.at(-1)).toMatchObject({ status: 'completed', progress: 100, stage: 'done' })
    const stages = new Set(shown.map(({ stage }) => stage))
    for (const stage of ['queued', 'inspecting', 'extracting', 'transcribing', 'transcoding'])
      expect(stages).toContain(stage)
    expect((await user.ask('GET', `/jobs/${jobId}`)).body).toMatchObject({
      status: 'completed',
      progress: 100,
    })
    whole.socket.close()
    resumed.socket.close()
  })
})

describe('A connection', () => {
  it('opens for a ticket once, and for an access token', async () => {
    const ticket = await newTicket()
    expect(await knock(`?token=${ticket}`)).toBe('open')
    expect(await knock(`?token=${ticket}`)).toBe(401)
    expect(await knock(`?token=${user.token}`)).toBe('open')
  })

  it.each([
    ['no token', ''],
    ['an invented ticket', '?token=Zm9yZ2Vk'],
    ['an invented access token', '?token=a.b.c'],
  ])('is refused with %s', async (_, query) => {
    expect(await knock(query)).toBe(401)
  })

  it('is refused to pages of other origins, whose ticket stays good', async () => {
    const { pageOrigin } = sharedHub()
    const ticket = await newTicket()
    expect(await knock(`?token=${ticket}`, 'https://evil.example')).toBe(403)
    expect(await knock(`?token=${ticket}`, `${pageOrigin}0`)).toBe(403)
    expect(await knock(`?token=${ticket}`, pageOrigin)).toBe('open')
  })

  it('answers a ping, and says what else it understands', async () => {
    const { frames, send, socket } = await listen()
    send('{"type":"ping"}')
    await expect.poll(() => frames).toEqual([{ type: 'pong' }])
    send('hello')
    await expect.poll(() => frames[1]).toMatchObject({ type: 'error', payload: { code: 'request.invalid' } })
    socket.close()
  })
})
