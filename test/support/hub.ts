import { afterAll, inject } from 'vitest'
import {
  askHub,
  connectHub,
  type Request,
  type VideoAnswer,
  type VideoEvent,
} from '../../dev/demo/hub-client.ts'
import type { Hub } from './hub-stack.ts'

/** Processing takes seconds; a machine with much else to do may need longer. */
const PATIENCE_MS = 150_000

const open: { close(): void }[] = []
afterAll(() => {
  for (const socket of open) socket.close()
})

/** The hub that all stories share. */
export const sharedHub = (): Hub => inject('hub')

/** Every event of a user's videos from the first, and a way to wait for one. */
const followEvents = async (follow: (onEvent: (event: VideoEvent) => void) => Promise<{ close(): void }>) => {
  const events: VideoEvent[] = []
  const waiting = new Set<() => void>()
  const socket = await follow(event => {
    events.push(event)
    for (const look of waiting) look()
  })
  open.push(socket)

  const find = (choose: (events: VideoEvent[]) => VideoEvent | undefined): Promise<VideoEvent> => {
    const { promise, resolve, reject } = Promise.withResolvers<VideoEvent>()
    const look = () => {
      const event = choose(events)
      if (event) resolve(event)
    }
    const giveUp = () =>
      reject(
        new Error(
          `Nothing came in ${PATIENCE_MS / 1000} s; the last event is ${JSON.stringify(events.at(-1))}`,
        ),
      )
    const timer = setTimeout(giveUp, PATIENCE_MS)
    waiting.add(look)
    look()
    return promise.finally(() => {
      clearTimeout(timer)
      waiting.delete(look)
    })
  }
  return { events, find }
}

/** A new user of a hub. */
export const signUp = async (hub: Hub = sharedHub()) => {
  const client = await connectHub(hub)
  const { events, find } = await followEvents(client.follow)

  /** The first event of a video that fits, also one of the past. */
  const until = (videoId: string, fits: (event: VideoEvent['payload']) => boolean) =>
    find(events => events.find(({ payload }) => payload.videoId === videoId && fits(payload)))

  /** The event that ends the processing of a video; after a retry, that of the given run. */
  const ended = (videoId: string, { run = 1 } = {}) =>
    find(
      events =>
        events.filter(({ payload }) => payload.videoId === videoId && payload.status !== 'processing')[
          run - 1
        ],
    )

  /** A request of this user, whatever is answered. */
  const ask = (method: string, path: string, request: Request = {}) =>
    askHub(hub.restUrl, method, path, { token: client.token, ...request })

  const videoOf = (videoId: string) => client.call<VideoAnswer>('GET', `/videos/${videoId}`)

  /**
   * Uploads a file by presigned POST or in parts and waits for the end of its processing; answers
   * the video as it is then.
   */
  const take = async (
    file: string,
    { title = 'A film', language }: { title?: string; language?: string } = {},
  ) => {
    const { video, jobId } = await client.upload(file, { title, ...(language && { language }) })
    await ended(video.id)
    return { jobId, ...(await videoOf(video.id)) }
  }

  return { ...client, events, until, ended, ask, videoOf, take }
}

export type HubUser = Awaited<ReturnType<typeof signUp>>

/** A request of nobody. */
export const ask = (
  method: string,
  path: string,
  { hub = sharedHub(), ...request }: Request & { hub?: Hub } = {},
) => askHub(hub.restUrl, method, path, request)
