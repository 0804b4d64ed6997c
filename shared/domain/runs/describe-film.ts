import type { FilmFacts } from '../../contract/media-report.ts'

/** The facts of a film as the video's metadata; those that are not known are absent. */
export const describeFilm = (film: FilmFacts) => ({
  container: film.container,
  ...(film.durationMs > 0 && { durationMs: film.durationMs }),
  width: film.width,
  height: film.height,
  resolution: `${film.width}x${film.height}`,
  rotation: film.rotation,
  ...(film.frameRate > 0 && { frameRate: Math.round(film.frameRate * 1000) / 1000 }),
  videoCodec: film.videoCodec,
  ...(film.audioCodec && { audioCodec: film.audioCodec }),
  ...(film.bitrate > 0 && { bitrate: film.bitrate }),
  hasAudio: film.hasAudio,
  hdr: film.hdr,
  wideColour: film.wideColour,
  interlaced: film.interlaced,
})
