import type { Container } from '../../contract/media-report.ts'
import {
  checkLimits,
  displaySize,
  isPlayableRate,
  type MediaFacts,
  quarterTurn,
  TOGETHER_MS,
} from './media-facts.ts'

type Track = { '@type': string; [property: string]: unknown }
/** The part of a mediainfo.js result (format `object`) that is read here. */
export type MediaInfo = { media?: { track: readonly object[] } | undefined }

const CONTAINERS: Record<string, Container> = {
  'MPEG-4': 'mp4',
  Matroska: 'mkv',
  WebM: 'webm',
  AVI: 'avi',
  'Windows Media': 'asf',
  'Flash Video': 'flv',
}

/**
 * MediaInfo's names on the left; where one name covers several codecs, the codec id decides below.
 */
const CODECS: Record<string, string> = {
  AVC: 'h264',
  HEVC: 'hevc',
  AV1: 'av1',
  VP8: 'vp8',
  VP9: 'vp9',
  'VC-1': 'vc1',
  WMV1: 'wmv1',
  WMV2: 'wmv2',
  WMV3: 'wmv3',
  'Sorenson Spark': 'flv1',
  'H.263': 'h263',
  'H.261': 'h261',
  'MPEG-4 Visual': 'mpeg4',
  JPEG: 'mjpeg',
  ProRes: 'prores',
  DV: 'dvvideo',
  YUV: 'rawvideo',
  RGB: 'rawvideo',
  'JPEG 2000': 'jpeg2000',
  AAC: 'aac',
  'AC-3': 'ac3',
  'E-AC-3': 'eac3',
  FLAC: 'flac',
  Opus: 'opus',
  Vorbis: 'vorbis',
  PCM: 'pcm',
  AMR: 'amr',
}

const CODECS_BY_ID: Record<string, string> = {
  xvid: 'xvid',
  divx: 'xvid',
  dx50: 'xvid',
  mp42: 'msmpeg4v2',
  mp43: 'msmpeg4v3',
  div3: 'msmpeg4v3',
  mp41: 'msmpeg4v1',
  mpg4: 'msmpeg4v1',
  wmv3: 'wmv3',
}

const text = (value: unknown) => (value === undefined || value === null ? '' : String(value))
const number = (value: unknown) => {
  const parsed = Number(value)
  return Number.isFinite(parsed) ? parsed : 0
}

/** Files choose these names: one like `__proto__` must find nothing. */
const named = (table: Record<string, string>, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

const codecOf = (track: Track): string => {
  const format = text(track.Format)
  const version = text(track.Format_Version)
  if (format === 'MPEG Video') return version.includes('1') ? 'mpeg1video' : 'mpeg2video'
  if (format === 'MPEG Audio') return text(track.Format_Profile).includes('2') ? 'mp2' : 'mp3'
  if (format === 'WMA')
    return text(track.Format_Profile).startsWith('Pro') ? 'wmapro' : version.includes('1') ? 'wmav1' : 'wmav2'
  return (
    named(CODECS_BY_ID, codecId(track)) ??
    named(CODECS_BY_ID, format.toLowerCase()) ??
    named(CODECS, format) ??
    'unknown'
  )
}

const containerOf = (general: Track): Container | undefined => {
  const container = CONTAINERS[text(general.Format)]
  if (container !== 'mp4') return container
  if (text(general.Format_Profile) === 'QuickTime') return 'mov'
  return /^3gp|^3g2/.test(text(general.CodecID)) ? '3gp' : 'mp4'
}

/** MKV and MOV write `V_MS/VFW/FOURCC / XVID`: the last part is the codec's own. */
const codecId = (track: Track) => text(track.CodecID).split(' / ').at(-1)!.toLowerCase()

const chromaOf = (value: string): MediaFacts['chroma'] =>
  value === '4:2:0' || value === '4:2:2' || value === '4:4:4' ? value : undefined

/**
 * Turns what mediainfo.js says of a file into facts; works on the container alone, nothing is
 * decoded. Undefined when they are of a kind that has proved wrong: ffprobe is asked then. Throws
 * media.too_large_picture, media.too_long, media.too_short, media.too_much_work.
 */
export const inspectContainer = (result: MediaInfo | undefined): MediaFacts | undefined => {
  const tracks = (result?.media?.track ?? []) as Track[]
  const of = (type: string) => tracks.filter(track => track['@type'] === type)
  const [general] = of('General')
  const [video, ...pictures] = of('Video')
  const [audio, ...sounds] = of('Audio')
  const container = general && containerOf(general)
  if (!container || !video || pictures.length > 0 || sounds.length > 0) return undefined
  if (!isSure(container, general, video)) return undefined
  const videoCodec = codecOf(video)
  const audioCodec = audio && codecOf(audio)
  if (videoCodec === 'unknown' || audioCodec === 'unknown') return undefined
  const rotation = quarterTurn(number(video.Rotation))
  const pixelAspect = number(video.PixelAspectRatio) || 1
  const chroma = chromaOf(text(video.ChromaSubsampling))
  const hdr = /^(PQ|HLG)/.test(text(video.transfer_characteristics))
  return checkLimits({
    container,
    durationMs: Math.round(number(video.Duration) * 1000),
    ...displaySize({ width: number(video.Width), height: number(video.Height), pixelAspect, rotation }),
    rotation,
    frameRate: number(video.FrameRate),
    videoCodec,
    ...(audioCodec && { audioCodec }),
    bitrate: Math.round(number(general.OverallBitRate)),
    hasAudio: audio !== undefined,
    ...(chroma && { chroma }),
    hdr,
    wideColour: hdr || /^BT.2020/.test(text(video.colour_primaries)),
    interlaced: !['', 'Progressive'].includes(text(video.ScanType)),
  })
}

/** Their headers are written by programs that do not know the film yet. */
const UNTRUSTED: readonly Container[] = ['flv', 'avi', 'asf']

/**
 * Returns whether the container's word on a film can be taken: its sizes agree, it is whole, and
 * nothing in it is longer than the picture, or begins before it.
 */
const isSure = (container: Container, general: Track, video: Track): boolean => {
  const seconds = number(video.Duration)
  const together = (other: number) => Math.abs(other - seconds) * 1000 <= TOGETHER_MS
  return (
    !UNTRUSTED.includes(container) &&
    text(general.IsTruncated) !== 'Yes' &&
    number(video.Width) > 0 &&
    number(video.Height) > 0 &&
    video.Width_Original === undefined &&
    video.Height_Original === undefined &&
    seconds > 0 &&
    together(number(general.Duration)) &&
    together(number(video.Source_Duration) || seconds) &&
    number(video.Delay) * 1000 <= TOGETHER_MS &&
    isPlayableRate(number(video.FrameRate))
  )
}
