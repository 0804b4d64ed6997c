import { existsSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

export const repository = resolve(import.meta.dirname, '..')

/** The folder in which the stack of a developer keeps everything. */
export const stateDir = join(repository, '.local')

/**
 * Reads `.env` of the repository (what the shell sets already wins) and finds the programs that the
 * set-up fetched because the machine had none.
 */
export const loadOperatorVariables = (): void => {
  const file = join(repository, '.env')
  if (existsSync(file)) process.loadEnvFile(file)
  process.env.PATH = `${process.env.PATH}${delimiter}${join(stateDir, 'bin')}`
}
