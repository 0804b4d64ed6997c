import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { talkingVideo } from '../test/support/fixtures.ts'
import { readCommandLine } from './command-line.ts'
import { connectHub, type HubClient, type VideoAnswer, type VideoEvent } from './demo/hub-client.ts'
import { openShortLink } from './demo/short-link.ts'
import { stageTimes } from './demo/stage-times.ts'
import { clock, createProgressBar, heading } from './demo/terminal.ts'
import { buildWhatChanged } from './fresh-build.ts'
import { startHubStack } from './hub-stack.ts'
import { loadOperatorVariables } from './repository.ts'

const USAGE = `Usage: npm run demo -- [file] [--language <tag>] [--once]

Starts the hub on this machine, takes a video through it and prints what became of it.

  file        A video of yours; without one, a video of six voices is made.
  --language  The spoken language as a BCP 47 tag, such as vi or en-US; without it, it is identified.
  --once      Ends after the video instead of keeping the hub up.
  --help      Prints this.`

const { values, positionals } = readCommandLine(USAGE, {
  once: { type: 'boolean', default: false },
  language: { type: 'string' },
})

const main = async (): Promise<void> => {
  loadOperatorVariables()
  const given = positionals[0]
  if (given && !existsSync(given)) throw new Error(`There is no file ${given}.`)
  const file = given ?? (await talkingVideo())
  if ((await buildWhatChanged()).length > 0) console.log('Built the functions.')
  const startedAt = performance.now()
  const stateDir = join(import.meta.dirname, '../.local/demo')
  const stack = await startHubStack({ stateDir, restPort: 0, webSocketPort: 0, environment: process.env })
  try {
    console.log(
      `AI Video Hub runs at ${stack.restUrl} (ready in ${((performance.now() - startedAt) / 1000).toFixed(1)} s)`,
    )
    const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
    const outcome = await Promise.race([
      connectHub(stack).then(hub => showVideo(hub, file, stack.restUrl)),
      interrupted.then(() => 'interrupted' as const),
    ])
    if (outcome !== 'processed') process.exitCode = 1
    if (values.once || outcome !== 'processed') return
    console.log('\nThe hub stays up: Ctrl-C ends it.')
    await interrupted
  } finally {
    await stack.close()
  }
}

/** Takes one file through the hub and prints what became of it. */
const showVideo = async (hub: HubClient, file: string, restUrl: string): Promise<'processed' | 'failed'> => {
  const title = positionals[0] ? basename(file) : 'Six voices over a test picture'
  const language = values.language ?? (positionals[0] ? undefined : 'en')
  const bar = createProgressBar()
  const events: VideoEvent[] = []
  const ended = Promise.withResolvers<VideoEvent>()
  const socket = await hub.follow(event => {
    events.push(event)
    bar.show(event.payload.progress, event.payload.message ?? '')
    if (event.payload.status !== 'processing') ended.resolve(event)
  })
  console.log(`Uploading ${basename(file)} …`)
  const startedAt = performance.now()
  const { video } = await hub.upload(file, {
    title,
    ...(language && { language }),
    onSent: share => bar.show(0, `Sent ${Math.round(share * 100)} %`),
  })
  const last = await ended.promise
  bar.end()
  socket.close()
  if (last.payload.status === 'error') {
    console.log(`The video could not be processed: ${last.payload.message}`)
    return 'failed'
  }
  const { video: processed } = await printVideo(hub, video.id)
  console.log(heading('Timings'))
  for (const { stage, seconds } of stageTimes(events))
    console.log(`${stage.padEnd(13)} ${seconds.toFixed(1).padStart(6)} s`)
  console.log(
    `${'in all'.padEnd(13)} ${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s from the first byte to the playable video`,
  )
  // Links end with the hub.
  if (!values.once) await printAddress(processed, restUrl)
  return 'processed'
}

const printAddress = async ({ id, playbackUrl }: VideoAnswer['video'], restUrl: string): Promise<void> => {
  const token = new URL(playbackUrl!).searchParams.get('token')
  const { url } = await openShortLink(`${restUrl}/watch#${id}.${token}`)
  console.log(heading('Watch it'))
  console.log(`${url}  (plays with captions and storyboard in a browser)`)
}

const printVideo = async (hub: HubClient, videoId: string): Promise<VideoAnswer> => {
  const answer = await hub.call<VideoAnswer>('GET', `/videos/${videoId}`)
  const { video, aiSummary, transcript } = answer
  console.log(heading(`${video.title} (${clock(video.duration ?? 0)})`))
  const { resolution, videoCodec, audioCodec = 'no sound', container, warnings = [] } = video.metadata ?? {}
  console.log(`${resolution}, ${videoCodec}, ${audioCodec}, ${container}`)
  for (const { message } of warnings) console.log(message)
  console.log(heading('Transcript'))
  if (transcript.status === 'ready') {
    const { segments } = await hub.call<{ segments: { startTime: number; text: string }[] }>(
      'GET',
      `/videos/${videoId}/transcript`,
    )
    for (const { startTime, text } of segments) console.log(`${clock(startTime)}  ${text}`)
  } else {
    // The API has a sentence for each reason.
    await hub
      .call('GET', `/videos/${videoId}/transcript`)
      .catch(error => console.log(error.sentence ?? error))
  }
  if (aiSummary) {
    console.log(heading(`Summary (${aiSummary.language}, ${aiSummary.modelUsed})`))
    console.log(aiSummary.overview)
    for (const point of aiSummary.keyPoints) console.log(`- ${point}`)
    for (const { time, content } of aiSummary.timestamps) console.log(`${time}  ${content}`)
  }
  return answer
}

try {
  await main()
  process.exit()
} catch (error) {
  console.error((error as Error).message)
  process.exit(1)
}
