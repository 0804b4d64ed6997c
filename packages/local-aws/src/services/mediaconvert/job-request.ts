import * as z from 'zod'
import { AwsError } from '../../iam/caller.ts'
import { type ObjectAddress, parseS3Uri } from '../s3/object-files.ts'

const h264 = z.looseObject({
  maxBitrate: z.int().min(1000),
  rateControlMode: z.enum(['QVBR', 'VBR', 'CBR']).default('QVBR'),
  qvbrSettings: z
    .looseObject({ qvbrQualityLevel: z.int().min(1).max(10).default(7) })
    .default({ qvbrQualityLevel: 7 }),
  gopSize: z.number().positive().default(2),
  gopSizeUnits: z.enum(['SECONDS', 'FRAMES', 'AUTO']).default('SECONDS'),
})

const aac = z.looseObject({
  bitrate: z.int().min(6000).default(96_000),
  sampleRate: z.int().min(8000).max(96_000),
  codingMode: z.enum(['CODING_MODE_1_0', 'CODING_MODE_2_0']),
})

const m3u8 = z.looseObject({
  audioDuration: z.enum(['DEFAULT_CODEC_DURATION', 'MATCH_VIDEO_DURATION']).default('DEFAULT_CODEC_DURATION'),
  ptsOffsetMode: z.enum(['AUTO', 'SECONDS', 'MILLISECONDS']).default('AUTO'),
  ptsOffset: z.int().min(0).max(3600).default(2),
})

const preprocessors = z.looseObject({
  deinterlacer: z
    .looseObject({
      mode: z.enum(['DEINTERLACE', 'ADAPTIVE']).default('DEINTERLACE'),
      control: z.enum(['NORMAL', 'FORCE_ALL_FRAMES']).default('NORMAL'),
    })
    .optional(),
  colorCorrector: z
    .looseObject({ colorSpaceConversion: z.enum(['NONE', 'FORCE_709']).default('NONE') })
    .optional(),
})

const output = z.looseObject({
  nameModifier: z.string().regex(/^[\w.-]{1,200}$/, 'is needed by every HLS output: letters, digits, _ . -'),
  containerSettings: z.looseObject({
    container: z.literal('M3U8'),
    m3u8Settings: m3u8.default({
      audioDuration: 'DEFAULT_CODEC_DURATION',
      ptsOffsetMode: 'AUTO',
      ptsOffset: 2,
    }),
  }),
  videoDescription: z.looseObject({
    width: z.int().min(32).max(8192).multipleOf(2),
    height: z.int().min(32).max(8192).multipleOf(2),
    codecSettings: z.looseObject({ codec: z.literal('H_264'), h264Settings: h264 }),
    videoPreprocessors: preprocessors.default({}),
  }),
  audioDescriptions: z
    .array(
      z.looseObject({
        audioSourceName: z.string().optional(),
        codecSettings: z.looseObject({ codec: z.literal('AAC'), aacSettings: aac }),
      }),
    )
    .max(1)
    .default([]),
})

const group = z.looseObject({
  outputGroupSettings: z.looseObject({
    type: z.literal('HLS_GROUP_SETTINGS'),
    hlsGroupSettings: z.looseObject({
      destination: z.string(),
      segmentLength: z.int().min(1),
      minSegmentLength: z.int().min(0),
      segmentControl: z.literal('SINGLE_FILE'),
    }),
  }),
  outputs: z.array(output).min(1),
})

const request = z.looseObject({
  clientRequestToken: z.string().optional(),
  queue: z.string().optional(),
  role: z.string().startsWith('arn:'),
  userMetadata: z.record(z.string(), z.string()).optional(),
  settings: z.looseObject({
    inputs: z
      .array(
        z.looseObject({
          fileInput: z.string(),
          audioSelectors: z
            .record(
              z.string(),
              z.looseObject({
                selectorType: z.literal('TRACK').default('TRACK'),
                tracks: z.array(z.int().min(1)).length(1).default([1]),
              }),
            )
            .optional(),
        }),
      )
      .length(1),
    outputGroups: z.array(group).length(1),
  }),
})

export type JobRequest = z.infer<typeof request>

export type Rendition = {
  name: string
  width: number
  height: number
  maxBitrate: number
  quality: number
  gopSeconds: number | undefined
  gopFrames: number | undefined
  /** The frames that are deinterlaced. */
  deinterlaced: 'none' | 'tagged' | 'all'
  /** Brings every picture to BT.709 with standard dynamic range. */
  converts709: boolean
  /** The time stamp of the film's beginning. */
  firstPtsSeconds: number
  audio: Sound | undefined
}

export type Sound = {
  /** The input's sound track, counted from 0. */
  track: number
  bitrate: number
  sampleRate: number
  channels: number
  /** Ends with the picture: padded with silence, or cut. */
  matchesPicture: boolean
}

export type Plan = {
  input: ObjectAddress
  bucket: string
  folder: string
  name: string
  segmentSeconds: number
  renditions: Rendition[]
}

/** AUTO promises two seconds or more, and varies: a value that nobody can take for granted. */
const AUTO_PTS_SECONDS = 2.24

const bad = (message: string) => new AwsError('BadRequestException', message)

/**
 * Checks CreateJob's body as far as it is emulated; throws BadRequestException that names the
 * setting.
 */
export const readJobRequest = (body: unknown): JobRequest => {
  const { success, data, error } = request.safeParse(body)
  if (success) return data
  const issues = error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`)
  throw bad(`The settings are not valid, or not emulated by the local MediaConvert. ${issues.join('; ')}`)
}

type Selectors = NonNullable<JobRequest['settings']['inputs'][number]['audioSelectors']>

/** Without a name the first selector is meant. */
const trackOf = (selectors: Selectors, name: string | undefined): number =>
  (name === undefined ? Object.values(selectors)[0] : selectors[name])?.tracks[0] ?? 1

const toRendition = (
  name: string,
  { nameModifier, videoDescription, audioDescriptions, containerSettings }: z.infer<typeof output>,
  selectors: Selectors,
): Rendition => {
  const { h264Settings } = videoDescription.codecSettings
  const { deinterlacer, colorCorrector } = videoDescription.videoPreprocessors
  const { audioDuration, ptsOffsetMode, ptsOffset } = containerSettings.m3u8Settings
  const { gopSize, gopSizeUnits } = h264Settings
  const sound = audioDescriptions[0]?.codecSettings.aacSettings
  return {
    name: `${name}${nameModifier}`,
    width: videoDescription.width,
    height: videoDescription.height,
    maxBitrate: h264Settings.maxBitrate,
    quality: h264Settings.qvbrSettings.qvbrQualityLevel,
    gopSeconds: gopSizeUnits === 'FRAMES' ? undefined : gopSizeUnits === 'AUTO' ? 2 : gopSize,
    gopFrames: gopSizeUnits === 'FRAMES' ? Math.round(gopSize) : undefined,
    deinterlaced: !deinterlacer ? 'none' : deinterlacer.control === 'NORMAL' ? 'tagged' : 'all',
    converts709: colorCorrector?.colorSpaceConversion === 'FORCE_709',
    firstPtsSeconds:
      ptsOffsetMode === 'AUTO'
        ? AUTO_PTS_SECONDS
        : ptsOffsetMode === 'SECONDS'
          ? ptsOffset
          : ptsOffset / 1000,
    audio: sound && {
      track: trackOf(selectors, audioDescriptions[0]?.audioSourceName) - 1,
      matchesPicture: audioDuration === 'MATCH_VIDEO_DURATION',
      bitrate: sound.bitrate,
      sampleRate: sound.sampleRate,
      channels: sound.codingMode === 'CODING_MODE_1_0' ? 1 : 2,
    },
  }
}

/**
 * Returns the plan of a job. Throws BadRequestException for addresses that are none and for sound
 * without a selector.
 */
export const planJob = ({ settings }: JobRequest): Plan => {
  const [{ fileInput, audioSelectors = {} }] = settings.inputs as [JobRequest['settings']['inputs'][number]]
  const [{ outputs, outputGroupSettings }] = settings.outputGroups as [
    JobRequest['settings']['outputGroups'][number],
  ]
  const { destination, segmentLength } = outputGroupSettings.hlsGroupSettings
  const input = parseS3Uri(fileInput)
  if (!input) throw bad(`/settings/inputs/0/fileInput: ${fileInput} is no s3://bucket/key`)
  for (const { audioDescriptions } of outputs)
    for (const { audioSourceName } of audioDescriptions)
      if (audioSourceName !== undefined && !Object.hasOwn(audioSelectors, audioSourceName))
        throw bad(
          `/settings/outputGroups/0/outputs: the audio source name "${audioSourceName}" is not one of the input's selectors`,
        )
  // A destination that ends in a slash takes its base name from the input.
  const inputName = input.key
    .split('/')
    .at(-1)!
    .replace(/\.[^.]*$/, '')
  const target = parseS3Uri(destination.endsWith('/') ? `${destination}${inputName}` : destination)
  if (!target)
    throw bad(
      `/settings/outputGroups/0/outputGroupSettings/hlsGroupSettings/destination: ${destination} is no s3://bucket/key`,
    )
  const slash = target.key.lastIndexOf('/') + 1
  const name = target.key.slice(slash)
  if (!/^\w[\w.-]*$/.test(name))
    throw bad(`The base name "${name}" of the outputs may hold letters, digits, _ . -`)
  const renditions = outputs.map(each => toRendition(name, each, audioSelectors))
  if (new Set(renditions.map(each => each.name)).size < renditions.length)
    throw bad('Two outputs have the same nameModifier')
  return {
    input,
    bucket: target.bucket,
    folder: target.key.slice(0, slash),
    name,
    segmentSeconds: segmentLength,
    renditions,
  }
}
