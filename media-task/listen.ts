import { join } from 'node:path'
import { isProblem } from '../shared/kernel/problem.ts'
import { type Limits, openUntrusted, runFfmpeg } from './ffmpeg.ts'
import { readOutput } from './output-file.ts'
import type { SoundTrack } from './probe.ts'

/** A sound that is compared with others is listened to for this long. */
const COMPARED_SECONDS = 600
/** Ten minutes of sound are decoded in a few seconds. */
const LISTEN_TIMEOUT_MS = 60_000
/** Enough to know that a sound can be decoded at all. */
const TRIED_SECONDS = 60
const SILENCE = 'silencedetect=noise=-60dB:duration=0.3'

export type HeardTrack = SoundTrack & { isSilent: boolean }

const listen = async (
  file: string,
  sound: SoundTrack,
  seconds: number,
  limits: Limits & { folder: string },
): Promise<HeardTrack | undefined> => {
  const notes = `silence-${sound.index}.txt`
  let heardMs = 0
  const filter = ['-af', `${SILENCE},ametadata=mode=print:file=${notes}`]
  const output = ['-map', `0:a:${sound.index}`, ...filter, '-f', 'null', '-']
  try {
    const bounds = { ...limits, timeoutMs: LISTEN_TIMEOUT_MS }
    await runFfmpeg([...openUntrusted(file, [], seconds), ...output], bounds, ms => {
      heardMs = Math.max(heardMs, ms - sound.span.startMs)
    })
  } catch (error) {
    limits.signal?.throwIfAborted()
    if (!isProblem(error)) throw error
  }
  if (heardMs <= 0) return undefined
  const text = await readOutput(join(limits.folder, notes)).catch(() => '')
  // Silence that begins with the sound and never ends.
  const begins = Number(/silence_start=(-?[\d.]+)/.exec(text)?.[1] ?? Number.POSITIVE_INFINITY)
  const isSilent = begins * 1000 < sound.span.startMs + 100 && !text.includes('silence_end')
  return { ...sound, isSilent }
}

/** The sound tracks that can be decoded, each with whether it is silent. */
export const listenTo = async (
  file: string,
  sounds: readonly SoundTrack[],
  limits: Limits & { folder: string },
): Promise<HeardTrack[]> => {
  const heard: HeardTrack[] = []
  for (const sound of sounds) {
    const track = await listen(file, sound, sounds.length > 1 ? COMPARED_SECONDS : TRIED_SECONDS, limits)
    if (track) heard.push(track)
  }
  return heard
}
