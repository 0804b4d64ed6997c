import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/**
 * Opens a file that ffmpeg has left. A film that has taken ffmpeg over can leave a link to the
 * credentials of this program, or a pipe that never ends: this throws for all but an ordinary file.
 */
export const openOutput = async (file: string): Promise<FileHandle> => {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new Error(`${file} is not an ordinary file`)
}

/** Two dozen frames with their numbers have a tenth of it. */
const MAX_TEXT_BYTES = 1_000_000

/** Returns the text of a file that ffmpeg has left. Throws when it is longer than it may be. */
export const readOutput = async (file: string, maxBytes = MAX_TEXT_BYTES): Promise<string> => {
  const handle = await openOutput(file)
  try {
    const { size } = await handle.stat()
    if (size > maxBytes) throw new Error(`${file} has ${size} bytes`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}
