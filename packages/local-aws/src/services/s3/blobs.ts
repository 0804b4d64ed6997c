import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Segment } from './catalog.ts'

const READ_CHUNK_BYTES = 64 * 1024

export type Blobs = ReturnType<typeof openBlobs>

/**
 * Bytes on disk under random names: keys never touch the file system, and a blob counts only once
 * the catalog names it.
 */
export const openBlobs = (folder: string) => {
  const pathOf = (file: string) => join(folder, file)
  const removeAll = (files: Iterable<string>) =>
    Promise.all(Array.from(files, file => rm(pathOf(file), { force: true })))

  let readers = 0
  const doomed = new Set<string>()
  const removeDoomed = async () => {
    if (readers > 0) return
    const files = [...doomed]
    doomed.clear()
    await removeAll(files)
  }

  async function* bytes(segments: Segment[], start: number, end: number): AsyncGenerator<Buffer> {
    let offset = 0
    for (const { file, size } of segments) {
      const from = Math.max(start - offset, 0)
      const to = Math.min(end - offset, size)
      if (from < to)
        yield* createReadStream(pathOf(file), { start: from, end: to - 1, highWaterMark: READ_CHUNK_BYTES })
      offset += size
    }
  }

  return {
    /** Leaves no file behind when the source fails. */
    write: async (source: AsyncIterable<Buffer>): Promise<{ segment: Segment; md5: string }> => {
      const file = randomUUID()
      const md5 = createHash('md5')
      let size = 0
      async function* measured() {
        for await (const chunk of source) {
          md5.update(chunk)
          size += chunk.length
          yield chunk
        }
      }
      try {
        await writeFile(pathOf(file), measured(), { flag: 'wx' })
      } catch (error) {
        await removeAll([file])
        throw error
      }
      return { segment: { file, size }, md5: md5.digest('hex') }
    },

    /** Bytes from `start` up to, not including, `end`. The stream must be read or destroyed. */
    read: (segments: Segment[], start: number, end: number): Readable => {
      readers++
      const stream = Readable.from(bytes(segments, start, end))
      stream.once('close', () => {
        readers--
        void removeDoomed()
      })
      return stream
    },

    copy: (segments: Segment[]): Promise<Segment[]> =>
      Promise.all(
        segments.map(async ({ file, size }) => {
          const twin = randomUUID()
          await link(pathOf(file), pathOf(twin))
          return { file: twin, size }
        }),
      ),

    /** Files that are being read stay until the last reader is done. */
    discard: async (segments: Segment[]): Promise<void> => {
      for (const { file } of segments) doomed.add(file)
      await removeDoomed()
    },

    /** Removes what a crash left half written. */
    sweep: async (inUse: Set<string>): Promise<void> => {
      await mkdir(folder, { recursive: true })
      await removeAll((await readdir(folder)).filter(file => !inUse.has(file)))
    },
  }
}
