import HLS from 'hls-parser'
import { MAX_FRAME_RATE } from '../media/media-facts.ts'
import { type LadderSource, renditionLadder } from '../media/rendition-ladder.ts'
import { FIRST_PTS_SECONDS } from '../media/transcode-settings.ts'
import { readStreamTimes } from './stream-times.ts'

export type PlaybackFiles = {
  /** The text of a file beside the master playlist; undefined when there is none. */
  readText: (name: string) => Promise<string | undefined>
  /** The first and the last megabytes of a file beside it. */
  readEnds: (name: string) => Promise<{ start: Uint8Array; end: Uint8Array }>
}

/** The film as it was measured, and its further sounds. */
export type ExpectedPlayback = LadderSource & {
  durationMs: number
  hasAudio: boolean
  sounds: readonly string[]
}

/** A player notices more. */
const TOLERANCE_SECONDS = 0.5

const isNear = (seconds: number, expected: number) => Math.abs(seconds - expected) <= TOLERANCE_SECONDS

/**
 * Reads the playlists of a film as a player does, and returns what is wrong with them; nothing for
 * a film that plays: sizes, codecs, frame rates, target durations, and the length of each track.
 */
export const checkPlayback = async (files: PlaybackFiles, film: ExpectedPlayback): Promise<string[]> => {
  const seconds = film.durationMs / 1000
  const faults: string[] = []
  const expect = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault)
  }
  const parse = async (name: string) => {
    const text = await files.readText(name)
    if (text === undefined) throw new Error(`${name} is missing`)
    return HLS.parse(text)
  }

  const checkSegments = async (name: string): Promise<string | undefined> => {
    const playlist = await parse(name)
    if (playlist.isMasterPlaylist) throw new Error(`${name} is a master playlist`)
    const { segments, targetDuration } = playlist as HLS.types.MediaPlaylist
    const length = segments.reduce((sum, { duration }) => sum + duration, 0)
    expect(isNear(length, seconds), `${name} lasts ${length.toFixed(3)} s, the film ${seconds} s`)
    const longest = Math.round(Math.max(...segments.map(({ duration }) => duration)))
    expect(targetDuration >= Math.max(1, longest), `${name} has the target duration ${targetDuration}`)
    return segments[0]?.uri
  }

  const checkTracks = async (name: string, tracks: ('picture' | 'sound')[]) => {
    const { start, end } = await files.readEnds(name)
    const [atStart, atEnd] = [readStreamTimes(start), readStreamTimes(end)]
    for (const track of tracks) {
      const [first, last] = [atStart[track]?.first, atEnd[track]?.last]
      expect(
        first !== undefined && isNear(first, FIRST_PTS_SECONDS),
        `the ${track} of ${name} begins at ${first ?? 'no time'}`,
      )
      expect(
        last !== undefined && isNear(last - FIRST_PTS_SECONDS, seconds),
        `the ${track} of ${name} ends at ${last ?? 'no time'}`,
      )
    }
  }

  try {
    const master = (await parse('master.m3u8')) as HLS.types.MasterPlaylist
    const sizes = master.variants.map(({ resolution }) => `${resolution?.width}x${resolution?.height}`)
    const ladder = renditionLadder(film).map(({ width, height }) => `${width}x${height}`)
    expect(
      sizes.toSorted().join() === ladder.toSorted().join(),
      `the sizes are ${sizes.join()}, not ${ladder.join()}`,
    )
    for (const { uri, codecs = '', frameRate } of master.variants) {
      const sound = film.hasAudio ? ',mp4a\\.40\\.2' : ''
      expect(new RegExp(`^avc1\\.[0-9a-f]{6}${sound}$`, 'i').test(codecs), `${uri} has the codecs ${codecs}`)
      expect(
        frameRate === undefined || (frameRate > 0 && frameRate <= MAX_FRAME_RATE + 1),
        `${uri} has ${frameRate} pictures a second`,
      )
      const segments = await checkSegments(uri)
      if (segments) await checkTracks(segments, film.hasAudio ? ['picture', 'sound'] : ['picture'])
    }
    for (const name of film.sounds) {
      const segments = await checkSegments(name)
      if (segments) await checkTracks(segments, ['sound'])
    }
  } catch (error) {
    faults.push((error as Error).message)
  }
  return faults
}
