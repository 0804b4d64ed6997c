/**
 * Brightness of one frame as ffmpeg's signalstats gives it: 8 bit, `low` and `high` are the 10th
 * and 90th percentile.
 */
export type FrameLight = { average: number; low: number; high: number; saturation: number }

/**
 * How much of a frame can be told apart: flat frames (black, white, one colour) come out near 0.
 */
const interest = ({ average, low, high, saturation }: FrameLight) => {
  const contrast = (high - low) / 255
  const exposure = Math.max(0, 1 - Math.abs(average - 118) / 118)
  return contrast * (0.4 + 0.6 * exposure) + 0.1 * Math.min(1, saturation / 64)
}

/**
 * Which frame stands for the film: the first that is nearly as telling as the best. Nothing for an
 * empty list.
 */
export const chooseThumbnail = (frames: readonly FrameLight[]): number | undefined => {
  const scores = frames.map(interest)
  const best = Math.max(...scores)
  const index = scores.findIndex(score => score >= best * 0.9)
  return index < 0 ? undefined : index
}
