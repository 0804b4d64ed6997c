import * as z from 'zod'
import { INTERMEDIATE } from '../kernel/object-keys.ts'
import { uuid } from './fields.ts'
import { PROBLEMS, type ProblemCode } from './problems.ts'

/** The two things that the media task does for a run. */
export const MEDIA_TASK_MODES = ['normalise', 'extract'] as const
export type MediaTaskMode = (typeof MEDIA_TASK_MODES)[number]

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
    details: z.object({ durationMs: wholeNumber, sampleRate: wholeNumber }),
  }),
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
    }),
  }),
])
export type ReportedProduct = z.infer<typeof Product>

/** The facts that ffprobe found; `width` and `height` are those that a viewer sees. */
const ProbeFacts = z.object({
  format: z.string().max(200),
  durationMs: wholeNumber,
  width: wholeNumber,
  height: wholeNumber,
  frameRate: z.number().min(0),
  videoCodec: z.string().max(50),
  pixelFormat: z.string().max(50),
  /** Absent when there is no sound that can be decoded. */
  audioCodec: z.string().max(50).optional(),
})

export const MEDIA_CODES = (Object.keys(PROBLEMS) as ProblemCode[]).filter(code => code.startsWith('media.'))

/**
 * The report with which the media task ends. It comes from a program that has read a stranger's
 * file, so its reader believes nothing beyond this schema.
 */
export const MediaReport = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('done'), film: ProbeFacts, products: z.array(Product).max(50) }),
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
