import type { RangedReader } from '../../aws/ranged-reader.ts'
import type { Sql } from '../../db/client.ts'
import { listMediaFiles } from '../../db/repositories/media-files.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'
import { fileNameOf, folderOf } from '../../kernel/object-url.ts'
import { checkPlayback } from './check-playback.ts'

export type FaultsDeps = {
  sql: Sql
  storage: {
    head: (key: string) => Promise<{ sizeBytes: number } | undefined>
    getText: (key: string) => Promise<string | undefined>
  }
  openReader: (object: { key: string; sizeBytes: number }) => Pick<RangedReader, 'read'>
}

/** Enough for the last second of the largest rendition. */
const END_BYTES = 2 * 1024 * 1024

/** Returns what keeps the files of a video's run from playing; nothing when they play. */
export const findFaults = async (
  { sql, storage, openReader }: FaultsDeps,
  video: VideoRow,
): Promise<string[]> => {
  if (!video.playbackUrl) return ['there is no playlist']
  const folder = folderOf(video.playbackUrl)
  const sounds = await listMediaFiles(sql, { videoId: video.id, kind: 'sound' })
  const { width = 0, height = 0, frameRate = 0, durationMs = 0, hasAudio = false } = video.metadata ?? {}
  const files = {
    readText: (name: string) => storage.getText(folder + name),
    readEnds: async (name: string) => {
      const { sizeBytes = 0 } = (await storage.head(folder + name)) ?? {}
      const reader = openReader({ key: folder + name, sizeBytes })
      const part = (offset: number) => reader.read(END_BYTES, offset)
      return { start: await part(0), end: await part(Math.max(0, sizeBytes - END_BYTES)) }
    },
  }
  return checkPlayback(files, {
    ...{ width, height, frameRate, durationMs, hasAudio },
    sounds: sounds.filter(({ runId }) => runId === video.runId).map(({ url }) => fileNameOf(url)),
  })
}
