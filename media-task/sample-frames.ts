import * as z from 'zod'
import { type Limits, runFfprobe } from './ffmpeg.ts'
import type { Span } from './measure-tracks.ts'

const Frames = z.object({
  frames: z.array(z.object({ interlaced_frame: z.number().optional() })).default([]),
})

const FRAMES = 12
const SAMPLE_TIMEOUT_MS = 10_000
/** Shares of the film; the last is far enough from the end to have frames after it. */
const PLACES = [0, 0.35, 0.65, 0.9]

/**
 * Decodes a few frames at some places of a film: containers often do not say, or not truly, that
 * it is interlaced, and nothing tells before that a part of it cannot be decoded.
 */
export const sampleFrames = async (
  file: string,
  { packets, startMs, endMs }: Span,
  limits: Limits,
): Promise<{ interlaced: boolean; isUnreadable: boolean }> => {
  const places = endMs - startMs > 1000 ? PLACES : [0]
  const found: z.infer<typeof Frames>['frames'][] = []
  for (const share of places) {
    const seconds = ((startMs + (endMs - startMs) * share) / 1000).toFixed(3)
    const interval = share === 0 ? `%+#${FRAMES}` : `${seconds}%+#${FRAMES}`
    const options = [
      '-select_streams',
      'V:0',
      '-read_intervals',
      interval,
      '-show_entries',
      'frame=interlaced_frame',
    ]
    // A place that cannot be read has no frames. ffprobe decodes nothing else of it.
    const frames = await runFfprobe(file, options, { ...limits, timeoutMs: SAMPLE_TIMEOUT_MS })
      .then(json => Frames.parse(json).frames)
      .catch(() => {
        limits.signal?.throwIfAborted()
        return []
      })
    found.push(frames)
  }
  return {
    interlaced: found.flat().some(frame => frame.interlaced_frame === 1),
    isUnreadable: places.some((share, i) => {
      const expected = Math.min(FRAMES, Math.floor(packets * (1 - share)))
      return found[i]!.length < expected / 2
    }),
  }
}
