import { describe, expect, test } from 'vitest'
import { agreesWithType, type FileKind } from '../../shared/domain/media/magic-bytes.ts'
import { videoTypeOf } from '../../shared/domain/uploads/video-type.ts'

/** `File.type` in Chromium, Firefox, Safari and Android for a name's extension. */
const REPORTED: [extension: string, kind: FileKind, types: string[]][] = [
  ['mp4', 'mp4', ['video/mp4', 'video/mp4', 'video/mp4', 'video/mp4']],
  ['m4v', 'mp4', ['video/x-m4v', 'video/mp4', 'video/x-m4v', 'video/x-m4v']],
  ['mov', 'mov', ['video/quicktime', 'video/quicktime', 'video/quicktime', 'video/quicktime']],
  ['qt', 'mov', ['', 'video/quicktime', 'video/quicktime', 'video/quicktime']],
  ['avi', 'avi', ['video/x-msvideo', 'video/avi', 'video/avi', 'video/avi']],
  ['avi', 'avi', ['video/vnd.avi', 'video/msvideo', '', 'video/x-msvideo']],
  ['wmv', 'asf', ['video/x-ms-wmv', 'video/x-ms-wmv', '', 'video/x-ms-wmv']],
  ['asf', 'asf', ['video/x-ms-asf', 'video/x-ms-asf', '', 'video/x-ms-asf']],
  ['flv', 'flv', ['video/x-flv', '', '', 'video/x-flv']],
  ['f4v', 'mp4', ['', 'video/mp4', '', 'application/octet-stream']],
  ['webm', 'webm', ['video/webm', 'video/webm', 'video/webm', 'video/webm']],
  ['mkv', 'mkv', ['video/x-matroska', '', '', 'video/x-matroska']],
  ['mkv', 'mkv', ['video/matroska', 'application/x-matroska', 'video/matroska', 'video/matroska']],
  ['3gp', '3gp', ['video/3gpp', 'video/3gpp', 'video/3gpp', 'video/3gpp']],
  ['3g2', '3gp', ['video/3gpp2', 'video/3gpp2', 'video/3gpp2', 'video/3gpp2']],
]

describe('A file is taken under the type that a browser gives it:', () => {
  test.each(
    REPORTED.flatMap(([extension, kind, types]) =>
      [...new Set(types)].map(type => [extension, type, kind] as const),
    ),
  )('%s as "%s"', (extension, type, kind) => {
    for (const name of [`a.${extension}`, `Bài giảng.${extension.toUpperCase()}`, `a.b.${extension} `])
      expect(agreesWithType(kind, videoTypeOf(type, name).contentType)).toBe(true)
  })

  test.each([
    ['text/plain', 'notes.txt', 'text/plain'],
    ['', 'song.mp3', '.mp3'],
    ['video/mp2t', 'broadcast.ts', 'video/mp2t'],
    ['application/pdf', 'a.mp4', 'application/pdf'],
    ['video/ogg', 'a.mp4', 'video/ogg'],
    ['', 'mp4', 'none'],
    ['', 'a.constructor', '.constructor'],
  ])('but not "%s" of %s', (type, name, given) => {
    expect(() => videoTypeOf(type, name)).toThrow(expect.objectContaining({ code: 'upload.invalid_type' }))
    expect(() => videoTypeOf(type, name)).toThrow(`Invalid file type: ${given}. Send MP4`)
  })
})
