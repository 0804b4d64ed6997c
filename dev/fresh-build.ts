import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { build, companionsOf, findEntries } from '../scripts/build.ts'
import { repository } from './repository.ts'

const changedAt = async (path: string): Promise<number> =>
  (await stat(path).catch(() => undefined))?.mtimeMs ?? Number.POSITIVE_INFINITY

const filesOf = async (path: string): Promise<string[]> => {
  const entries = await readdir(path, { recursive: true }).catch(() => undefined)
  return entries ? [path, ...entries.map(entry => join(path, entry))] : [path]
}

/** Functions that have no bundle yet, or whose sources changed after it was written. */
const staleFunctions = async (): Promise<string[]> => {
  const meta = JSON.parse(await readFile('dist/meta.json', 'utf8').catch(() => '{}')) as Record<
    string,
    { inputs: string[] }
  >
  const times = new Map<string, Promise<number>>()
  const timeOf = (path: string) => {
    const known = times.get(path) ?? changedAt(path)
    times.set(path, known)
    return known
  }
  const isStale = async ({ name }: { name: string }) => {
    if (!meta[name]) return true
    const sources = [...meta[name].inputs, ...(await Promise.all(companionsOf(name).map(filesOf))).flat()]
    const builtAt = await stat(join('dist', name, 'index.mjs')).catch(() => undefined)
    return !builtAt || Math.max(...(await Promise.all(sources.map(timeOf)))) > builtAt.mtimeMs
  }
  const entries = await findEntries()
  const stale = await Promise.all(entries.map(isStale))
  return entries.filter((_, at) => stale[at]).map(({ name }) => name)
}

/**
 * Builds the functions whose bundle is missing or older than its sources, and answers their names.
 * Works in the repository's folder.
 */
export const buildWhatChanged = async (): Promise<string[]> => {
  process.chdir(repository)
  const stale = await staleFunctions()
  if (stale.length) await build({ only: stale })
  return stale
}
