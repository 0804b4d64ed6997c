import { readFile, writeFile } from 'node:fs/promises'

/**
 * Writes the target duration that RFC 8216 (4.3.3.1) asks for into a media playlist: no segment,
 * rounded to whole seconds, is longer. ffmpeg rounds 3.5 down.
 */
export const roundTargetDuration = async (file: string): Promise<void> => {
  const text = await readFile(file, 'utf8')
  const seconds = [...text.matchAll(/^#EXTINF:([\d.]+)/gm)].map(([, duration]) =>
    Math.round(Number(duration)),
  )
  const target = Math.max(1, ...seconds)
  await writeFile(file, text.replace(/^#EXT-X-TARGETDURATION:\d+/m, `#EXT-X-TARGETDURATION:${target}`))
}
