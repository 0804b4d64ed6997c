import * as z from 'zod'
import { INTERMEDIATE } from '../kernel/object-keys.ts'
import { uuid } from './fields.ts'
import { PROBLEMS, type ProblemCode } from './problems.ts'

/** The two things that the media task does for a run. */
export const MEDIA_TASK_MODES = ['normalise', 'extract'] as const
export type MediaTaskMode = (typeof MEDIA_TASK_MODES)[number]

/**
 * The purposes of a subtitle track: `full` has all that is said, `forced` only what the viewer of
 * the film in its own language does not understand, `impaired` also says what is heard.
 */
export const CAPTION_ROLES = ['full', 'forced', 'impaired', 'commentary'] as const
export type CaptionRole = (typeof CAPTION_ROLES)[number]

const wholeNumber = z.int().min(0)
const file = <Kind extends string, Name extends z.ZodType>(kind: Kind, name: Name) =>
  z.object({ kind: z.literal(kind), name, contentType: z.string().max(100), sizeBytes: wholeNumber })

/**
 * A file that the task left under the run's prefix. Its name is one of these: a report never points
 * elsewhere.
 */
const Product = z.discriminatedUnion('kind', [
  file('normalised', z.literal(INTERMEDIATE.normalised)),
  file('audio', z.literal('audio.flac')).extend({
    language: z.string().max(35).optional(),
    details: z.object({
      durationMs: wholeNumber,
      sampleRate: wholeNumber,
      title: z.string().max(200).optional(),
    }),
  }),
  file('sound', z.string().regex(/^hls\/sound_[1-4]\.m3u8$/)).extend({
    language: z.string().max(35).optional(),
    details: z.object({ title: z.string().max(200).optional() }),
  }),
  file('sound_segments', z.string().regex(/^hls\/sound_[1-4]\.ts$/)),
  file('thumbnail', z.literal('thumbnail.jpg')).extend({
    details: z.object({ width: wholeNumber, height: wholeNumber }),
  }),
  file('storyboard', z.literal('storyboard.jpg')).extend({
    details: z.object({
      intervalMs: wholeNumber,
      tiles: wholeNumber,
      columns: wholeNumber,
      rows: wholeNumber,
      tileWidth: wholeNumber,
      tileHeight: wholeNumber,
    }),
  }),
  file('storyboard_vtt', z.literal('storyboard.vtt')),
  file('caption', z.string().regex(/^captions\/\d{1,4}\.[A-Za-z0-9-]{2,35}\.vtt$/)).extend({
    language: z.string().max(35).optional(),
    details: z.object({
      index: wholeNumber,
      codec: z.string().max(50),
      title: z.string().max(200).optional(),
      role: z.enum(CAPTION_ROLES),
    }),
  }),
])
export type ReportedProduct = z.infer<typeof Product>

export const CONTAINERS = ['mp4', 'mov', '3gp', 'mkv', 'webm', 'avi', 'asf', 'flv'] as const
export type Container = (typeof CONTAINERS)[number]

/**
 * The facts that the product keeps of a film. Sizes are those a viewer sees: turned upright, with
 * square pixels.
 */
const FilmFacts = z.object({
  container: z.enum(CONTAINERS),
  /** Of picture and sound; 0 when the file does not say (a browser's own recordings). */
  durationMs: wholeNumber,
  width: wholeNumber,
  height: wholeNumber,
  /** Clockwise degrees by which a player turns the stored picture. */
  rotation: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]),
  /** Pictures a second; 0 when not known. */
  frameRate: z.number().min(0).max(1_000_000),
  /** Short names as ffmpeg writes them: h264, hevc, vp9 …; `unknown` for what has no name here. */
  videoCodec: z.string().max(50),
  /** Absent when there is no sound that can be decoded. */
  audioCodec: z.string().max(50).optional(),
  hasAudio: z.boolean(),
  /** Bits per second of the whole file; 0 when not known. */
  bitrate: wholeNumber,
  /** PQ or HLG. */
  hdr: z.boolean(),
  /** The colours of BT.2020, with or without HDR. */
  wideColour: z.boolean(),
  /** True when frames are tagged as interlaced. */
  interlaced: z.boolean(),
})
export type FilmFacts = z.infer<typeof FilmFacts>

/** The ways in which a film is less than its file promises. */
export const FILM_WARNINGS = [
  'cut_off',
  'picture_unreadable',
  'sound_unreadable',
  'captions_unreadable',
] as const
export type FilmWarning = (typeof FILM_WARNINGS)[number]

export const MEDIA_CODES = (Object.keys(PROBLEMS) as ProblemCode[]).filter(code => code.startsWith('media.'))

/**
 * The report with which the media task ends. It comes from a program that has read a stranger's
 * file, so its reader believes nothing beyond this schema.
 */
export const MediaReport = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('done'),
    film: FilmFacts,
    products: z.array(Product).max(50),
    warnings: z.array(z.enum(FILM_WARNINGS)).max(FILM_WARNINGS.length),
  }),
  z.object({ outcome: z.literal('refused'), code: z.enum(MEDIA_CODES), message: z.string().min(1).max(500) }),
])
export type MediaReport = z.infer<typeof MediaReport>

/** The message of a running media task: the share of its work that is done. */
export const MediaProgress = z.object({
  videoId: uuid,
  runId: z.string().max(80),
  mode: z.enum(MEDIA_TASK_MODES),
  share: z.number().min(0).max(1),
})
