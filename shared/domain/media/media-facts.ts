import { MAX_DURATION_SECONDS } from '../../contract/limits.ts'
import type { FilmFacts } from '../../contract/media-report.ts'
import { problem } from '../../contract/problems.ts'
import { namesNoLanguage, shortTag } from '../../kernel/language-tags.ts'

/** Facts that were read from the container alone. */
export type MediaFacts = FilmFacts & { chroma?: '4:2:0' | '4:2:2' | '4:4:4' }

/** The largest picture that MediaConvert reads. */
const MAX_LONG_SIDE = 8192
const MAX_SHORT_SIDE = 4320
export const MAX_PIXELS = MAX_LONG_SIDE * MAX_SHORT_SIDE
/**
 * Five hours of 1080 lines at 60 pictures a second, or four times the lines for a quarter of the
 * time, are below it.
 */
const MAX_PIXELS_IN_ALL = 2.5e12
/** Pictures a second of what players are sent. */
export const MIN_FRAME_RATE = 5
export const MAX_FRAME_RATE = 60
/** Returns whether a film keeps its rate; counted and claimed rates differ by a little. */
export const isPlayableRate = (rate: number): boolean => rate >= MIN_FRAME_RATE && rate <= MAX_FRAME_RATE + 1
/** The shortest picture that a player is sent: one of 60 a second. */
const MIN_DURATION_MS = 16
/**
 * Sound and picture that begin or end this near to each other are together: encoders round to
 * whole frames, and the longest of sound has 64 ms.
 */
export const TOGETHER_MS = 200

/**
 * Returns the facts of a file that we are ready to work on. A length of 0 is not known yet. Throws
 * media.unreadable, media.too_large_picture, media.too_short, media.too_long, media.too_much_work.
 */
export const checkLimits = <T extends Pick<FilmFacts, 'width' | 'height' | 'durationMs' | 'frameRate'>>(
  facts: T,
): T => {
  const { width, height, durationMs, frameRate } = facts
  if (!(width > 0 && height > 0)) throw problem('media.unreadable', { reason: 'its picture has no size' })
  if (Math.max(width, height) > MAX_LONG_SIDE || Math.min(width, height) > MAX_SHORT_SIDE)
    throw problem('media.too_large_picture', {
      detail: `The picture has ${width}x${height} pixels; up to ${MAX_LONG_SIDE}x${MAX_SHORT_SIDE} can be processed.`,
      width,
      height,
    })
  if (durationMs > MAX_DURATION_SECONDS * 1000)
    throw problem('media.too_long', {
      detail: `The video is longer than ${MAX_DURATION_SECONDS / 3600} hours.`,
      durationSeconds: Math.round(durationMs / 1000),
    })
  if (durationMs > 0 && durationMs < MIN_DURATION_MS) throw problem('media.too_short')
  const pictures = Math.round((durationMs / 1000) * frameRate)
  if (pictures * width * height > MAX_PIXELS_IN_ALL)
    throw problem('media.too_much_work', {
      detail: `The video has ${pictures} pictures of ${width}x${height} pixels, more than can be processed. Send it in parts, or with fewer pixels or pictures a second.`,
    })
  return facts
}

/** The picture as a viewer sees it: pixels made square, then turned. */
export const displaySize = (stored: {
  width: number
  height: number
  pixelAspect: number
  rotation: number
}) => {
  const aspect = stored.pixelAspect > 0 ? stored.pixelAspect : 1
  const width = Math.round(stored.width * aspect)
  return stored.rotation % 180 === 0
    ? { width, height: stored.height }
    : { width: stored.height, height: width }
}

/** Turns any angle into one of the four that players know. */
export const quarterTurn = (degrees: number): FilmFacts['rotation'] => {
  const turn = ((Math.round(degrees / 90) % 4) + 4) % 4
  return ([0, 90, 180, 270] as const)[turn] ?? 0
}

/** `vie` -> `vi`; nothing for unknown, several or no language. */
export const languageTag = (tag: unknown): string | undefined => {
  const language = typeof tag === 'string' ? shortTag(tag.trim().replaceAll('_', '-')) : undefined
  return language && !namesNoLanguage(language) ? language : undefined
}
