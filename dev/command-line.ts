import { type ParseArgsConfig, parseArgs } from 'node:util'

/**
 * Reads the command line. `--help` prints the usage and ends the program; so does what the program
 * does not know, with a sentence and exit code 2.
 */
export const readCommandLine = <const O extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  options: O,
) => {
  try {
    const read = parseArgs({
      allowPositionals: true,
      options: { ...options, help: { type: 'boolean', short: 'h', default: false } },
    })
    if (!(read.values as { help?: boolean }).help) return read
    console.log(usage)
  } catch (error) {
    console.error(`${(error as Error).message.split('. ')[0]}.\n\n${usage}`)
    process.exit(2)
  }
  process.exit(0)
}
