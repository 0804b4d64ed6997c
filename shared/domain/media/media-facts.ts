import { MAX_DURATION_SECONDS } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import { canonicalTag, namesNoLanguage } from '../../kernel/language-tags.ts'

export type Container = 'mp4' | 'mov' | '3gp' | 'mkv' | 'webm' | 'avi' | 'asf' | 'flv'

export type TextTrack = {
  /** Position among the file's subtitle tracks. */
  index: number
  /** BCP 47; absent when the file does not say. */
  language?: string
  format: string
}

/**
 * The facts that the product keeps of a video file. Sizes are those a viewer sees: turned upright,
 * with square pixels.
 */
export type MediaFacts = {
  container: Container
  /** 0 when the file does not say (a browser's own recordings). */
  durationMs: number
  width: number
  height: number
  /** Clockwise degrees by which a player turns the stored picture. */
  rotation: 0 | 90 | 180 | 270
  frameRate: number
  /** Short names as ffmpeg writes them: h264, hevc, vp9 …; `unknown` for what has no name here. */
  videoCodec: string
  audioCodec?: string
  /** Bits per second of the whole file. */
  bitrate: number
  hasAudio: boolean
  textTracks: TextTrack[]
  chroma?: '4:2:0' | '4:2:2' | '4:4:4'
  hdr: boolean
}

/** The largest picture that MediaConvert reads. */
const MAX_LONG_SIDE = 8192
const MAX_SHORT_SIDE = 4320
export const MAX_PIXELS = MAX_LONG_SIDE * MAX_SHORT_SIDE

/**
 * Returns the facts of a file that we are ready to work on. Throws media.unreadable,
 * media.too_large_picture, media.too_long.
 */
export const checkLimits = <T extends Pick<MediaFacts, 'width' | 'height' | 'durationMs'>>(facts: T): T => {
  const { width, height, durationMs } = facts
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
export const quarterTurn = (degrees: number): MediaFacts['rotation'] => {
  const turn = ((Math.round(degrees / 90) % 4) + 4) % 4
  return ([0, 90, 180, 270] as const)[turn] ?? 0
}

/** `vie` -> `vi`; nothing for unknown, several or no language. */
export const languageTag = (tag: unknown): string | undefined => {
  const language = typeof tag === 'string' ? canonicalTag(tag.trim().replace('_', '-')) : undefined
  return language && language.length <= 10 && !namesNoLanguage(language) ? language : undefined
}
