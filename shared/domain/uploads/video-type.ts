import { VIDEO_TYPES, type VideoType } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'

/** The types that `File.type`, a form and HTTP clients give a file whose type they do not know. */
const UNKNOWN_TYPES = ['', 'application/octet-stream']

const isVideoType = (type: string): type is VideoType => Object.hasOwn(VIDEO_TYPES, type)

/**
 * The type to store a file under. Where the client knows no type, the name's extension decides.
 * Throws `upload.invalid_type`.
 */
export const videoTypeOf = (
  announced: string,
  fileName: string,
): { contentType: VideoType; extension: string } => {
  const type = (announced.split(';')[0] ?? '').trim().toLowerCase()
  if (isVideoType(type)) return { contentType: type, extension: VIDEO_TYPES[type] }
  const named = fileName.toLowerCase().split('.').at(-1)
  const guess = UNKNOWN_TYPES.includes(type)
    ? Object.entries(VIDEO_TYPES).find(([, extension]) => extension === named)
    : undefined
  if (guess) return { contentType: guess[0] as VideoType, extension: guess[1] }
  throw problem('upload.invalid_type', {
    detail: `Invalid file type: ${type.slice(0, 100) || 'none'}. Send MP4, MOV, AVI, WMV, FLV, WebM or MKV.`,
    allowed: Object.keys(VIDEO_TYPES),
  })
}
