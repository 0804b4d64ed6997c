import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from '../scripts/build.ts'
import { repository } from './repository.ts'

const QUIET_MS = 150

/** Functions whose bundle contains one of the files, by what the last build recorded. */
const affectedBy = async (files: string[]): Promise<string[]> => {
  const meta = JSON.parse(await readFile(join(repository, 'dist/meta.json'), 'utf8')) as Record<
    string,
    { inputs: string[] }
  >
  return Object.keys(meta).filter(name => meta[name]!.inputs.some(input => files.includes(input)))
}

/**
 * Rebuilds the functions that a saved file belongs to, then hands their names on. What only a new
 * deployment can change is said instead.
 */
export const watchFunctions = (o: {
  reload: (folders: string[]) => void
  say: (text: string) => void
}): { close(): void } => {
  const changed = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let working = Promise.resolve()

  const rebuild = async () => {
    const files = [...changed]
    changed.clear()
    const startedAt = performance.now()
    const folders = await affectedBy(files)
    if (folders.length) {
      await build({ only: folders })
      o.reload(folders)
      o.say(`reloaded ${folders.join(', ')} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    }
    if (files.some(file => /^(infra|shared\/contract|shared\/db\/migrations)\//.test(file)))
      o.say('routes, infrastructure or migrations changed: start again to deploy them')
  }
  const note = (folder: string) => (_: string, name: string | null) => {
    if (!name || !/\.(ts|sql|json)$/.test(name)) return
    changed.add(join(folder, name))
    clearTimeout(timer)
    timer = setTimeout(() => {
      working = working.then(rebuild).catch(error => o.say(`not rebuilt: ${error.message}`))
    }, QUIET_MS)
  }
  const watchers: FSWatcher[] = ['functions', 'shared', 'infra'].map(folder =>
    watch(join(repository, folder), { recursive: true }, note(folder)),
  )
  return {
    close: () => {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
    },
  }
}
