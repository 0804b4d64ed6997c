import { type Limits, openUntrusted, readFfmpeg } from './ffmpeg.ts'

/**
 * Returns whether an H.264 picture keeps the parameters with which it begins. A file of which they
 * change in the middle, and with them the size, cannot be repacked. Reads without decoding.
 */
export const hasOneParameterSet = async (file: string, limits: Limits): Promise<boolean> => {
  const sets = new Set<string>()
  const output = ['-map', '0:V:0', '-c', 'copy', '-bsf:v', 'h264_mp4toannexb,filter_units=pass_types=7']
  await readFfmpeg([...openUntrusted(file), ...output, '-f', 'framecrc', '-'], limits, line => {
    const fields = line.startsWith('#') ? [] : line.split(',')
    if (fields.length >= 6) sets.add(`${fields[4]} ${fields[5]}`)
  })
  return sets.size <= 1
}
