import { setTimeout as sleep } from 'node:timers/promises'
import { connectHub, type VideoEvent } from '../dev/demo/hub-client.ts'

const DEADLINE_MS = 300_000

/**
 * Seconds from the answer to the upload until the event that says the video is processed. Throws
 * when it fails, or after five minutes.
 */
export const timeHub = async (
  stack: { restUrl: string; webSocketUrl: string },
  file: string,
): Promise<number> => {
  const hub = await connectHub(stack)
  const ended = Promise.withResolvers<VideoEvent>()
  const events = await hub.follow(event => event.payload.status !== 'processing' && ended.resolve(event))
  try {
    await hub.upload(file, { title: 'Bench', language: 'en' })
    const startedAt = performance.now()
    const last = await Promise.race([ended.promise, sleep(DEADLINE_MS, undefined, { ref: false })])
    if (last?.payload.status !== 'completed')
      throw new Error(`The video was not processed: ${last?.payload.message ?? 'no end after five minutes'}`)
    return (performance.now() - startedAt) / 1000
  } finally {
    events.close()
  }
}
