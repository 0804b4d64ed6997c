export type Rendition = {
  /** `720p`: part of the file names. */
  name: string
  width: number
  height: number
  /** Upper bound of the picture's bits per second. */
  maxBitrate: number
}

/**
 * Lines of the shorter side, and what H.264 needs at most for a 16:9 picture of that size at up to
 * 30 frames a second.
 */
const RUNGS = [
  { lines: 1080, maxBitrate: 5_000_000 },
  { lines: 720, maxBitrate: 3_000_000 },
  { lines: 480, maxBitrate: 1_400_000 },
  { lines: 360, maxBitrate: 800_000 },
] as const

/**
 * A picture that lost a few lines to cropping still belongs to its rung; it keeps its own size
 * there.
 */
const NEARLY = 0.95
/** MediaConvert's smallest picture, and the widest that H.264 levels allow it. */
const MIN_SIDE = 32
const MAX_SIDE = 4096
const MIN_BITRATE = 150_000

const even = (pixels: number) => Math.max(MIN_SIDE, Math.floor(pixels / 2) * 2)

/** The same shape, not above `lines` on the shorter side, never enlarged, sides even. */
export const fitWithin = (source: { width: number; height: number }, lines: number) => {
  const short = Math.min(source.width, source.height)
  const long = Math.max(source.width, source.height)
  const scale = Math.min(1, lines / short, MAX_SIDE / long)
  const round = (pixels: number) => even(scale === 1 ? pixels : Math.round((pixels * scale) / 2) * 2)
  return { width: round(source.width), height: round(source.height) }
}

export type LadderSource = { width: number; height: number; frameRate?: number }

/**
 * The sizes a film is offered in, best first: at least one, none above the source. Upright films
 * count their width.
 */
export const renditionLadder = (source: LadderSource): Rendition[] => {
  const short = Math.min(source.width, source.height)
  const rungs = RUNGS.filter(rung => short >= rung.lines * NEARLY)
  const chosen = rungs.length > 0 ? rungs : [{ lines: short, maxBitrate: RUNGS[3].maxBitrate }]
  const faster = (source.frameRate ?? 0) > 33 ? 1.5 : 1
  return chosen.map(({ lines, maxBitrate }) => {
    const size = fitWithin(source, lines)
    const share = (size.width * size.height) / ((Math.max(lines, RUNGS[3].lines) ** 2 * 16) / 9)
    return {
      name: `${rungs.length > 0 ? lines : even(short)}p`,
      ...size,
      maxBitrate: Math.max(MIN_BITRATE, Math.round((maxBitrate * Math.min(share, 2) * faster) / 1000) * 1000),
    }
  })
}
