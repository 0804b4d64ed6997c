import { readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseThumbnail, type FrameLight } from '../shared/domain/media/choose-thumbnail.ts'
import { fitWithin } from '../shared/domain/media/rendition-ladder.ts'
import { planStoryboard, type Storyboard, storyboardVtt } from '../shared/domain/media/storyboard.ts'
import type { Work } from './extract.ts'
import { type Limits, runFfmpeg } from './ffmpeg.ts'
import { readOutput } from './output-file.ts'
import { deinterlaced, fitted, in709 } from './picture-filters.ts'
import type { ProbedFile } from './probe.ts'
import type { Product } from './product.ts'

const CANDIDATES = 12
const THUMBNAIL_LINES = 720
const LIGHT_FILE = 'light.txt'
const TILES_FILE = 'tiles.mjpeg'
const SPRITE = 'storyboard.jpg'
const CANDIDATE = /^candidate-\d+\.jpg$/
/**
 * From this distance on key frames are near enough, and decoding nothing else is many times faster.
 */
const KEY_FRAMES_FROM_MS = 5_000

export type PicturePlan = {
  storyboard: Storyboard
  decoderOptions: string[]
  filter: string
  outputs: string[]
}

/** One decode serves both: the storyboard's sprite, and candidates for the thumbnail. */
export const planPictures = (film: ProbedFile, { everyFrame = false } = {}): PicturePlan => {
  const storyboard = planStoryboard(film)
  const stepMs = Math.max(1, Math.floor(film.durationMs / CANDIDATES))
  const { intervalMs, tileWidth, tileHeight, columns, rows } = storyboard
  const sized = (size: { width: number; height: number }) => [
    ...fitted(size),
    ...in709(film),
    'format=yuvj420p',
  ]
  const tiles = [
    // At the end of the file, fps repeats the last picture up to the time that the file claims for
    // it.
    `fps=fps=1000/${intervalMs}:start_time=0`,
    `trim=end_frame=${columns * rows}`,
    ...sized({ width: tileWidth, height: tileHeight }),
  ]
  const candidates = [
    `select='isnan(prev_selected_t)+gte(t-prev_selected_t,${stepMs / 1000})'`,
    `trim=end_frame=${2 * CANDIDATES}`,
    ...sized(fitWithin(film, THUMBNAIL_LINES)),
    // One frame a step: neither doubled nor dropped by ffmpeg, whose versions name that option
    // differently.
    `settb=${stepMs}/1000,setpts=N`,
  ]
  const filter = [
    `[0:V:0]${[...deinterlaced(film), 'split=2'].join(',')}[tiles][frames]`,
    `[tiles]${tiles.join(',')}[sprite]`,
    `[frames]${candidates.join(',')}[candidates]`,
  ].join(';')
  return {
    storyboard,
    decoderOptions:
      !everyFrame && storyboard.intervalMs >= KEY_FRAMES_FROM_MS ? ['-skip_frame', 'nokey'] : [],
    filter,
    outputs: [
      // ffmpeg reports no progress before every output has begun, and a sheet of tiles begins with
      // the last of them.
      ...['-map', '[sprite]', '-q:v', '2', '-f', 'mjpeg', TILES_FILE],
      ...['-map', '[candidates]', '-r', `1000/${stepMs}`, '-q:v', '3', 'candidate-%03d.jpg'],
    ],
  }
}

/** Measures each of the candidates, as they lie in the folder. */
const measureLight = async (folder: string, limits: Limits): Promise<FrameLight[]> => {
  const light = ['-vf', `signalstats,metadata=print:file=${LIGHT_FILE}`, '-f', 'null', '-']
  await runFfmpeg(['-f', 'image2', '-i', 'candidate-%03d.jpg', ...light], { ...limits, folder })
  return readLight(await readOutput(join(folder, LIGHT_FILE)))
}

/** Reads what the `metadata` filter printed, frame by frame. */
const readLight = (text: string): FrameLight[] =>
  text
    .split(/^frame:/m)
    .slice(1)
    .map(frame => {
      const value = (key: string) =>
        Number(new RegExp(`^lavfi\\.signalstats\\.${key}=([\\d.]+)$`, 'm').exec(frame)?.[1] ?? 0)
      return { average: value('YAVG'), low: value('YLOW'), high: value('YHIGH'), saturation: value('SATAVG') }
    })

const candidatesIn = async (folder: string) =>
  (await readdir(folder)).filter(name => CANDIDATE.test(name)).sort()

/** A film with few key frames gives nearly no picture when only those are decoded. */
export const tooFewPictures = async (folder: string) => (await candidatesIn(folder)).length < CANDIDATES / 2

/**
 * Lays the tiles out. The last one is repeated where the film ends before its announced duration;
 * what is too much is left out.
 */
const layOut = (folder: string, { columns, rows }: Storyboard, limits: Limits) =>
  runFfmpeg(
    [
      ...[
        '-f',
        'mjpeg',
        '-i',
        `file:${TILES_FILE}`,
        '-vf',
        `tpad=stop_mode=clone:stop=3,tile=${columns}x${rows}`,
      ],
      ...['-frames:v', '1', '-q:v', '4', SPRITE],
    ],
    { ...limits, folder },
  )

/**
 * The finished pictures: thumbnail, storyboard and its VTT; the storyboard only enriches and may be
 * missing. A film without a single decodable frame gives none.
 */
export const collectPictures = async (
  { folder, film, limits, onWarning }: Pick<Work, 'folder' | 'film' | 'limits' | 'onWarning'>,
  { storyboard }: PicturePlan,
): Promise<Product[]> => {
  const candidates = await candidatesIn(folder)
  if (candidates.length === 0) return []
  const chosen = candidates[chooseThumbnail(await measureLight(folder, limits)) ?? 0]!
  await rename(join(folder, chosen), join(folder, 'thumbnail.jpg'))
  const { width, height } = fitWithin(film, THUMBNAIL_LINES)
  const thumbnail: Product = {
    kind: 'thumbnail',
    name: 'thumbnail.jpg',
    file: join(folder, 'thumbnail.jpg'),
    contentType: 'image/jpeg',
    details: { width, height },
  }
  try {
    await layOut(folder, storyboard, limits)
  } catch (error) {
    limits.signal?.throwIfAborted()
    onWarning(undefined, 'the storyboard cannot be laid out', error)
    return [thumbnail]
  }
  const cues = join(folder, 'storyboard.vtt')
  await writeFile(cues, storyboardVtt(storyboard, film.durationMs, SPRITE), { flag: 'wx' })
  return [
    thumbnail,
    {
      kind: 'storyboard',
      name: SPRITE,
      file: join(folder, SPRITE),
      contentType: 'image/jpeg',
      details: { ...storyboard },
    },
    { kind: 'storyboard_vtt', name: 'storyboard.vtt', file: cues, contentType: 'text/vtt; charset=utf-8' },
  ]
}
