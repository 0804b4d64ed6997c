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

/** One sprite for the whole film: as dense as 100 tiles allow, never denser than a tile a second. */
export const planStoryboard = (film: { durationMs: number; width: number; height: number }): Storyboard => {
  const seconds = Math.max(film.durationMs / 1000, 0.001)
  const interval = INTERVALS_SECONDS.find(candidate => seconds / candidate <= MAX_TILES) ?? Math.ceil(seconds / MAX_TILES)
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

const clock = (ms: number) => {
  const pad = (value: number, digits: number) => String(value).padStart(digits, '0')
  const seconds = Math.floor(ms / 1000)
  return `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}.${pad(ms % 1000, 3)}`
}

/** The WebVTT file by which players find the tile of a time: one cue a tile, `storyboard.jpg#xywh=…`. */
export const storyboardVtt = (plan: Storyboard, durationMs: number, fileName = 'storyboard.jpg'): string => {
  const cues = Array.from({ length: plan.tiles }, (_, tile) => {
    const start = tile * plan.intervalMs
    const end = Math.max(start + 1, Math.min(start + plan.intervalMs, Math.round(durationMs)))
    const x = (tile % plan.columns) * plan.tileWidth
    const y = Math.floor(tile / plan.columns) * plan.tileHeight
    return `${clock(start)} --> ${clock(end)}\n${fileName}#xywh=${x},${y},${plan.tileWidth},${plan.tileHeight}`
  })
  return `WEBVTT\n\n${cues.join('\n\n')}\n`
}
