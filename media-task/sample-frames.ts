import * as z from 'zod'
import { type Limits, runFfprobe } from './ffmpeg.ts'
import type { Span } from './measure-tracks.ts'

const Frames = z.object({
  frames: z
    .array(
      z.object({
        interlaced_frame: z.number().optional(),
        best_effort_timestamp_time: z.coerce.number().optional(),
      }),
    )
    .default([]),
})

const FRAMES = 12
/** As many come before a place at most: the decoder begins at a key frame. */
const MAX_FRAMES_BEFORE = 300
const TIMEOUT_MS = 20_000
/** Shares of the film; the last is far enough from the end to have frames after it. */
const PLACES = [0, 0.35, 0.65, 0.9]
/** Of a film this short, one place is the whole. */
const SHORT_MS = 1000

/** The time from which frames are decoded for a place: its own, unless that takes too many. */
const startOf = (placeMs: number, keysMs: readonly number[], frameRate: number): number => {
  const keyMs = keysMs.findLast(key => key <= placeMs) ?? placeMs
  return ((placeMs - keyMs) / 1000) * frameRate <= MAX_FRAMES_BEFORE ? placeMs : keyMs
}

/**
 * Decodes a few frames at some places of a film: containers often do not say, or not truly, that
 * it is interlaced, and nothing tells before that a part of it cannot be decoded.
 */
export const sampleFrames = async (
  file: string,
  { startMs, endMs, keysMs }: Span,
  frameRate: number,
  limits: Limits,
): Promise<{ interlaced: boolean; isUnreadable: boolean }> => {
  const lengthMs = endMs - startMs
  const places = lengthMs > SHORT_MS ? PLACES : [0]
  let interlaced = false
  let isUnreadable = false
  for (const share of places) {
    const fromMs = startOf(startMs + lengthMs * share, keysMs, frameRate)
    const untilMs = Math.min(endMs, fromMs + (FRAMES / frameRate) * 1000)
    const interval = `${share === 0 ? '' : fromMs / 1000}%${untilMs / 1000}`
    const entries = ['-show_entries', 'frame=interlaced_frame,best_effort_timestamp_time']
    const options = ['-select_streams', 'V:0', '-read_intervals', interval, ...entries]
    const frames = await runFfprobe(file, options, { ...limits, timeoutMs: TIMEOUT_MS })
      .then(json => Frames.parse(json).frames)
      .catch(error => {
        limits.signal?.throwIfAborted()
        // A machine with much else to do proves nothing.
        return error.code === 'media.timed_out' ? undefined : []
      })
    if (!frames) continue
    interlaced ||= frames.some(frame => frame.interlaced_frame === 1)
    const there = frames.filter(frame => (frame.best_effort_timestamp_time ?? 0) * 1000 >= fromMs - 1)
    const expected = Math.floor(((untilMs - fromMs) / 1000) * frameRate)
    isUnreadable ||= expected >= FRAMES / 2 && there.length < expected / 2
  }
  return { interlaced, isUnreadable }
}
