import { createReadStream } from 'node:fs'

export const sampleRate = 16_000
const framesPerSecond = 100
const samplesPerFrame = sampleRate / framesPerSecond

/** A stretch of speech in frames of 10 ms; `pauseFrames` is the silence that follows it. */
export type Clip = { start: number; end: number; pauseFrames: number }

const pauseToCutAt = 0.4 * framesPerSecond
const shortestSound = 0.1 * framesPerSecond
const longestClip = 20 * framesPerSecond
const margin = 0.15 * framesPerSecond
const quietestSpeech = -55
const belowLevel = 26

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
  const blocks = Math.ceil(levels.length / framesPerSecond)
  const around = 5
  return Float32Array.from({ length: blocks }, (_, block) => {
    const window = levels
      .slice(Math.max(0, block - around) * framesPerSecond, (block + around + 1) * framesPerSecond)
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
    Math.max(quietestSpeech, (local[Math.floor(frame / framesPerSecond)] ?? -100) - belowLevel)
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
export const secondsOf = (frame: number): number => frame / framesPerSecond
