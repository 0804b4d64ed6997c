import { VIDEO_TYPES } from '../../contract/limits.ts'

/**
 * The containers that a file's first bytes can name. The last three are recognised in order to be
 * refused by name.
 */
export type FileKind =
  | 'mp4'
  | 'mov'
  | '3gp'
  | 'mkv'
  | 'webm'
  | 'avi'
  | 'asf'
  | 'flv'
  | 'mpegts'
  | 'mpegps'
  | 'ogg'

const ASF_HEADER = '3026b2758e66cf11a6d900aa0062ce6c'
const EBML_HEADER = '1a45dfa3'
/** Boxes with which QuickTime files older than `ftyp` begin. */
const OLD_QUICKTIME = ['moov', 'mdat', 'wide', 'skip', 'pnot']
const STILL_PICTURE_BRANDS = ['heic', 'heix', 'mif1', 'msf1', 'avif', 'avis', 'crx ']

const latin = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1')
const hex = (bytes: Uint8Array, length: number) => Buffer.from(bytes.subarray(0, length)).toString('hex')

const isoKind = (brand: string): FileKind | undefined => {
  if (STILL_PICTURE_BRANDS.includes(brand)) return undefined
  if (brand === 'qt  ') return 'mov'
  return /^3g[2pegrs]/.test(brand) ? '3gp' : 'mp4'
}

const hasSyncBytes = (bytes: Uint8Array, first: number, step: number) =>
  bytes.length > first + 2 * step && [0, 1, 2].every(packet => bytes[first + packet * step] === 0x47)

/**
 * Returns the container of the first KB; undefined when it is no video file that we know by name. A
 * first gate only: it proves no more than the header.
 */
export const recogniseFile = (start: Uint8Array): FileKind | undefined => {
  const box = latin(start, 4, 8)
  if (box === 'ftyp') return isoKind(latin(start, 8, 12))
  if (OLD_QUICKTIME.includes(box)) return 'mov'
  if (latin(start, 0, 4) === 'RIFF' && latin(start, 8, 12) === 'AVI ') return 'avi'
  if (hex(start, 16) === ASF_HEADER) return 'asf'
  if (latin(start, 0, 4) === 'FLV\x01') return 'flv'
  if (hex(start, 4) === EBML_HEADER) return latin(start, 0, 64).includes('webm') ? 'webm' : 'mkv'
  if (latin(start, 0, 4) === 'OggS') return 'ogg'
  if (hex(start, 4) === '000001ba') return 'mpegps'
  if (hasSyncBytes(start, 0, 188) || hasSyncBytes(start, 4, 192)) return 'mpegts'
  return undefined
}

/**
 * Containers of one family pass for each other: phones name MOV files .mp4, recorders name WebM
 * files .mkv.
 */
const FAMILY: Partial<Record<FileKind, string>> = {
  mp4: 'iso',
  mov: 'iso',
  '3gp': 'iso',
  mkv: 'matroska',
  webm: 'matroska',
  avi: 'avi',
  asf: 'asf',
  flv: 'flv',
}
const KIND_OF_EXTENSION = {
  mp4: 'mp4',
  avi: 'avi',
  mov: 'mov',
  wmv: 'asf',
  flv: 'flv',
  webm: 'webm',
  mkv: 'mkv',
} as const

/** Returns whether a file that was announced as `contentType` may be of this kind. */
export const agreesWithType = (kind: FileKind, contentType: string): boolean => {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  const extension = VIDEO_TYPES[type as keyof typeof VIDEO_TYPES]
  return (
    extension !== undefined &&
    FAMILY[kind] !== undefined &&
    FAMILY[kind] === FAMILY[KIND_OF_EXTENSION[extension]]
  )
}
