import { JobError } from './job-error.ts'
import type { Source } from './probe-source.ts'

type Row = { video: string[]; audio: string[] }

const PCM = [
  'pcm_s16le',
  'pcm_s16be',
  'pcm_s24le',
  'pcm_s24be',
  'pcm_s32le',
  'pcm_s32be',
  'pcm_u8',
  'pcm_f32le',
]
const DOLBY = ['ac3', 'eac3']
const WMA = ['wmav1', 'wmav2']

// "Supported input codecs and containers" of the user guide
// (awsdocs/aws-elemental-mediaconvert-user-guide, doc_source/reference-codecs-containers-input.md)
// in ffprobe's names, for the containers that are uploaded here.
const table: Record<string, Row> = {
  'MPEG-4': {
    video: ['rawvideo', 'mpeg4', 'h261', 'h263', 'h264', 'hevc', 'jpeg2000', 'mpeg2video', 'vc1'],
    audio: ['aac', ...DOLBY, ...PCM, ...WMA],
  },
  QuickTime: {
    video: [
      'rawvideo',
      'prores',
      'mpeg4',
      'dvvideo',
      'h261',
      'h263',
      'h264',
      'hevc',
      'jpeg2000',
      'mjpeg',
      'mpeg2video',
      'qtrle',
    ],
    audio: ['aac', 'mp3', ...PCM],
  },
  '3GP': { video: ['h264', 'h263', 'mpeg4'], audio: ['aac', 'amr_nb', 'amr_wb'] },
  Matroska: {
    video: ['h264', 'mpeg2video', 'mpeg4', 'vc1'],
    audio: ['aac', ...DOLBY, 'opus', ...WMA, 'flac'],
  },
  WebM: { video: ['vp8', 'vp9'], audio: ['opus', 'vorbis'] },
  AVI: { video: ['rawvideo', 'divx', 'dvvideo', 'mjpeg'], audio: [...DOLBY, 'mp2', 'mp3', ...PCM] },
  ASF: { video: ['vc1', 'wmv3'], audio: [...WMA, 'wmapro'] },
  Flash: { video: ['h264', 'flv1', 'h263'], audio: ['aac'] },
  'MPEG-TS': {
    video: ['h264', 'hevc', 'mpeg2video', 'vc1'],
    audio: ['aac', ...DOLBY, 'mp2', ...PCM, ...WMA],
  },
}

/**
 * Throws the JobError that MediaConvert ends with for a container or codec it does not read;
 * `track` is the sound that the job describes.
 */
export const requireReadable = (source: Source, track: number | undefined): void => {
  const row = table[source.container]
  if (!row) throw new JobError(1030, `the container ${source.container} is not supported`)
  if (!source.video) throw new JobError(1020, 'no video was found in the input')
  // DivX and Xvid are MPEG-4 Part 2 under other names; AVI is listed with those two only.
  const video =
    source.container === 'AVI' && /^(xvid|divx|dx50)$/i.test(source.video.tag) ? 'divx' : source.video.codec
  if (!row.video.includes(video))
    throw new JobError(
      1030,
      `${source.container} with the video codec ${source.video.codec} is not supported`,
    )
  if (track === undefined) return
  const sound = source.audioCodecs[track]
  if (!sound)
    throw new JobError(1021, `an output describes sound track ${track + 1}, which was not found in the input`)
  if (!row.audio.includes(sound))
    throw new JobError(1030, `${source.container} with the audio codec ${sound} is not supported`)
}
