import { spawnSync } from 'node:child_process'
import { delimiter, resolve } from 'node:path'

/** Everything that CI demands, cheapest first; the first failure ends it. */
const steps: [title: string, command: string, ...args: string[]][] = [
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['types', 'tsc', '--noEmit'],
  ['contract documents', 'node', 'scripts/emit-contract.ts', '--check'],
  ['build', 'node', 'scripts/build.ts'],
  [
    'rules and machinery',
    'vitest',
    'run',
    '--project',
    'unit',
    '--project',
    'architecture',
    '--project',
    'infra',
    '--project',
    'api',
    '--project',
    'pipeline',
  ],
  ['stories over the local stack', 'vitest', 'run', '--project', 'e2e'],
]

// Where the set-up puts programs that the machine did not have.
const PATH = `${process.env.PATH}${delimiter}${resolve('.local/bin')}`

for (const [title, command, ...args] of steps) {
  const startedAt = performance.now()
  console.log(`\n› ${title}`)
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, PATH } })
  console.log(`› ${title}: ${status === 0 ? 'ok' : 'failed'} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  if (status !== 0) process.exit(status ?? 1)
}
