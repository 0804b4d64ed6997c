import { VIDEO_TYPES, type VideoType } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'

const isVideoType = (type: string): type is VideoType => Object.hasOwn(VIDEO_TYPES, type)

/** The types under which files are stored, by the extensions of their names. */
const TYPE_OF_EXTENSION: Record<string, VideoType> = {
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mp4v: 'video/mp4',
  f4v: 'video/mp4',
  '3gp': 'video/mp4',
  '3gpp': 'video/mp4',
  '3g2': 'video/mp4',
  '3gp2': 'video/mp4',
  mov: 'video/quicktime',
  qt: 'video/quicktime',
  avi: 'video/x-msvideo',
  wmv: 'video/x-ms-wmv',
  asf: 'video/x-ms-wmv',
  flv: 'video/x-flv',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
  mk3d: 'video/x-matroska',
}

/** A type that says nothing, or that may be another name of a video. */
const MAY_BE_VIDEO = /^(|application\/(octet-stream|mp4|vnd\.ms-asf|x-[\w.-]+)|video\/[\w.+-]+)$/
/** Types of formats that are not taken. */
const OTHER_VIDEO = ['video/ogg', 'video/mp2t', 'video/mpeg', 'video/mp2p']

/**
 * The type to store a file under. Browsers name one and the same file differently, or not at all:
 * where a type is not known here, the extension of the name decides. The bytes are looked at later.
 * Throws `upload.invalid_type`.
 */
export const videoTypeOf = (
  announced: string,
  fileName: string,
): { contentType: VideoType; extension: string } => {
  const type = (announced.split(';')[0] ?? '').trim().toLowerCase()
  if (isVideoType(type)) return { contentType: type, extension: VIDEO_TYPES[type] }
  const [, extension = ''] = /\.([^.]*)$/.exec(fileName.trim().toLowerCase()) ?? []
  const isOpen = MAY_BE_VIDEO.test(type) && !OTHER_VIDEO.includes(type)
  const named = Object.hasOwn(TYPE_OF_EXTENSION, extension) ? TYPE_OF_EXTENSION[extension] : undefined
  if (isOpen && named) return { contentType: named, extension: VIDEO_TYPES[named] }
  const given = type.slice(0, 100) || (extension && `.${extension.slice(0, 20)}`) || 'none'
  throw problem('upload.invalid_type', {
    detail: `Invalid file type: ${given}. Send MP4, MOV, AVI, WMV, FLV, WebM or MKV, with a file name that ends so.`,
    allowed: Object.keys(VIDEO_TYPES),
  })
}
