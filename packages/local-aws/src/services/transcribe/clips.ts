import { createReadStream } from 'node:fs'

export const sampleRate = 16_000
const FRAMES_PER_SECOND = 100
const samplesPerFrame = sampleRate / FRAMES_PER_SECOND

/** A stretch of speech in frames of 10 ms; `pauseFrames` is the silence that follows it. */
export type Clip = { start: number; end: number; pauseFrames: number }

const pauseToCutAt = 0.4 * FRAMES_PER_SECOND
const shortestSound = 0.1 * FRAMES_PER_SECOND
const longestClip = 20 * FRAMES_PER_SECOND
const margin = 0.15 * FRAMES_PER_SECOND
const QUIETEST_SPEECH = -55
const BELOW_LEVEL = 26

/**
 * Loudness of each frame of a 16 kHz mono s16le file in dBFS, read as a stream: hours of sound
 * never lie in memory.
 */
export const frameLevels = async (file: string): Promise<Float32Array> => {
  const levels: number[] = []
  let energy = 0
  let samples = 0
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    const bytes = rest.length ? Buffer.concat([rest, chunk]) : chunk
    const whole = bytes.length - (bytes.length % 2)
    for (let i = 0; i < whole; i += 2) {
      const sample = bytes.readInt16LE(i)
      energy += sample * sample
      if (++samples === samplesPerFrame) {
        levels.push(10 * Math.log10(energy / samplesPerFrame / 32768 ** 2 + 1e-10))
        energy = samples = 0
      }
    }
    rest = bytes.subarray(whole)
  }
  return Float32Array.from(levels)
}

// Loudness is relative to its scene: the level exceeded by a tenth of the frames within five
// seconds to each side.
const localLevels = (levels: Float32Array): Float32Array => {
  const blocks = Math.ceil(levels.length / FRAMES_PER_SECOND)
  const around = 5
  return Float32Array.from({ length: blocks }, (_, block) => {
    const window = levels
      .slice(Math.max(0, block - around) * FRAMES_PER_SECOND, (block + around + 1) * FRAMES_PER_SECOND)
      .sort()
    return window[Math.floor(window.length * 0.9)] ?? -100
  })
}

const quietestFrame = (levels: Float32Array, from: number, to: number): number => {
  let best = from
  let bestSum = Number.POSITIVE_INFINITY
  for (let frame = from; frame < to; frame++) {
    let sum = 0
    for (let i = frame - 10; i <= frame + 10; i++) sum += levels[i] ?? 0
    if (sum < bestSum) [best, bestSum] = [frame, sum]
  }
  return best
}

// The recogniser slows down and loses its way in very long clips: cut those at their quietest
// moment.
const shorten = (clip: Clip, levels: Float32Array): Clip[] => {
  if (clip.end - clip.start <= longestClip) return [clip]
  const cut = quietestFrame(levels, clip.start + longestClip / 2, clip.start + longestClip)
  return [{ start: clip.start, end: cut, pauseFrames: 0 }, ...shorten({ ...clip, start: cut }, levels)]
}

/**
 * Cuts sound at its pauses. Positions are frame counts, so they cannot drift however long the
 * recording is.
 */
export const cutAtPauses = (levels: Float32Array): Clip[] => {
  const local = localLevels(levels)
  const sounding = (frame: number) =>
    levels[frame]! >
    Math.max(QUIETEST_SPEECH, (local[Math.floor(frame / FRAMES_PER_SECOND)] ?? -100) - BELOW_LEVEL)
  const stretches: { start: number; end: number }[] = []
  for (let frame = 0; frame < levels.length; frame++) {
    if (!sounding(frame)) continue
    const last = stretches.at(-1)
    if (last && frame - last.end < pauseToCutAt) last.end = frame + 1
    else stretches.push({ start: frame, end: frame + 1 })
  }
  const spoken = stretches.filter(({ start, end }) => end - start >= shortestSound)
  const clips = spoken.map(({ start, end }, i) => {
    const next = spoken[i + 1]?.start ?? levels.length
    return {
      start: Math.max(0, start - margin),
      end: Math.min(levels.length, end + margin),
      pauseFrames: next - end,
    }
  })
  return clips.flatMap(clip => shorten(clip, levels))
}

/** Seconds from the start of the recording. */
export const secondsOf = (frame: number): number => frame / FRAMES_PER_SECOND
