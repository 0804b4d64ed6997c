import type { Container } from '../../contract/media-report.ts'
import type { MediaFacts } from './media-facts.ts'

/**
 * The input that MediaConvert reads: "Supported input codecs and containers" of its user guide
 * (github.com/awsdocs/aws-elemental-mediaconvert-user-guide,
 * doc_source/reference-codecs-containers-input.md). A codec that the guide does not name for a
 * container is left out, although some of those do work.
 */
const ACCEPTED: Record<Container, { video: readonly string[]; audio: readonly string[] }> = {
  mp4: {
    video: ['h264', 'hevc', 'mpeg4', 'xvid', 'mpeg2video', 'h261', 'h263', 'jpeg2000', 'vc1', 'rawvideo'],
    audio: ['aac', 'ac3', 'eac3', 'pcm', 'wmav1', 'wmav2'],
  },
  mov: {
    video: [
      'h264',
      'hevc',
      'prores',
      'mpeg4',
      'xvid',
      'mpeg2video',
      'dvvideo',
      'h261',
      'h263',
      'jpeg2000',
      'mjpeg',
      'rawvideo',
    ],
    audio: ['aac', 'mp3', 'pcm'],
  },
  '3gp': { video: ['h264', 'h263', 'mpeg4'], audio: ['aac', 'amr'] },
  mkv: {
    video: ['h264', 'mpeg2video', 'mpeg4', 'vc1'],
    audio: ['aac', 'ac3', 'eac3', 'opus', 'wmav1', 'wmav2', 'flac'],
  },
  webm: { video: ['vp8', 'vp9'], audio: ['opus', 'vorbis'] },
  avi: { video: ['xvid', 'dvvideo', 'mjpeg', 'rawvideo'], audio: ['ac3', 'eac3', 'mp2', 'mp3', 'pcm'] },
  asf: { video: ['vc1', 'wmv3'], audio: ['wmav1', 'wmav2', 'wmapro'] },
  flv: { video: ['h264', 'flv1', 'h263'], audio: ['aac'] },
}

/** True when the media task has to make H.264/AAC of the file before MediaConvert can read it. */
export const needsNormalising = (facts: MediaFacts): boolean => {
  const accepted = ACCEPTED[facts.container]
  if (!accepted.video.includes(facts.videoCodec)) return true
  // The guide's AVC profiles end at High 4:2:2.
  if (facts.videoCodec === 'h264' && facts.chroma === '4:4:4') return true
  return facts.audioCodec !== undefined && !accepted.audio.includes(facts.audioCodec)
}
