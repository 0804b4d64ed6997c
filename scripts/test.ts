import { spawnSync } from 'node:child_process'
import { delimiter, resolve } from 'node:path'

/** Everything that CI demands, cheapest first; the first failure ends it. */
const steps: [title: string, command: string][] = [
  ['format and lint', 'biome check --error-on-warnings .'],
  ['types', 'tsc --noEmit'],
  ['unused files, exports and dependencies', 'knip'],
  ['contract documents', 'node scripts/emit-contract.ts --check'],
  ['build', 'node scripts/build.ts'],
  [
    'rules and machinery',
    'vitest run --project unit --project architecture --project infra --project local-aws --project api --project pipeline',
  ],
  ['stories over the local stack', 'vitest run --project e2e'],
]

const environment = {
  ...process.env,
  // The folder of programs that the set-up fetched.
  PATH: `${process.env.PATH}${delimiter}${resolve('.local/bin')}`,
  // Most viewers' own time: whatever takes local time for UTC is seven hours off.
  TZ: 'Asia/Ho_Chi_Minh',
}

for (const [title, line] of steps) {
  const startedAt = performance.now()
  console.log(`\n› ${title}`)
  const [command = '', ...args] = line.split(' ')
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: environment })
  console.log(
    `› ${title}: ${status === 0 ? 'ok' : 'failed'} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`,
  )
  if (status !== 0) process.exit(status ?? 1)
}
