import { formatCueTime } from '../../kernel/time-codes.ts'

export type Storyboard = {
  intervalMs: number
  tiles: number
  columns: number
  rows: number
  tileWidth: number
  tileHeight: number
}

const INTERVALS_SECONDS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300]
const MAX_TILES = 100
const MAX_COLUMNS = 10
/** Longer side of a tile. */
const TILE_PIXELS = 160

const even = (pixels: number) => Math.max(2, Math.round(pixels / 2) * 2)

/**
 * One sprite for the whole film: as dense as 100 tiles allow, never denser than a tile a second.
 */
export const planStoryboard = (film: { durationMs: number; width: number; height: number }): Storyboard => {
  const seconds = Math.max(film.durationMs / 1000, 0.001)
  const interval =
    INTERVALS_SECONDS.find(candidate => seconds / candidate <= MAX_TILES) ?? Math.ceil(seconds / MAX_TILES)
  const tiles = Math.max(1, Math.ceil(seconds / interval))
  const columns = Math.min(MAX_COLUMNS, tiles)
  const scale = TILE_PIXELS / Math.max(film.width, film.height)
  return {
    intervalMs: interval * 1000,
    tiles,
    columns,
    rows: Math.ceil(tiles / columns),
    tileWidth: even(film.width * scale),
    tileHeight: even(film.height * scale),
  }
}

/**
 * The WebVTT file by which players find the tile of a time: one cue a tile,
 * `storyboard.jpg#xywh=…`.
 */
export const storyboardVtt = (plan: Storyboard, durationMs: number, fileName = 'storyboard.jpg'): string => {
  const cues = Array.from({ length: plan.tiles }, (_, tile) => {
    const start = tile * plan.intervalMs
    const end = Math.max(start + 1, Math.min(start + plan.intervalMs, Math.round(durationMs)))
    const x = (tile % plan.columns) * plan.tileWidth
    const y = Math.floor(tile / plan.columns) * plan.tileHeight
    return `${formatCueTime(start)} --> ${formatCueTime(end)}\n${fileName}#xywh=${x},${y},${plan.tileWidth},${plan.tileHeight}`
  })
  return `WEBVTT\n\n${cues.join('\n\n')}\n`
}
