import { createHash } from 'node:crypto'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { spawnTied } from '../packages/local-aws/src/machine/processes.ts'
import { repository } from './repository.ts'

const program = `
import { synthesize } from ${JSON.stringify(join(repository, 'infra/synth.ts'))}
synthesize({ ...JSON.parse(process.argv[1]), environment: process.env })
`

// Everything that infra is made from. Bundles are not among it: they are used where they lie.
const SOURCES = [
  'infra',
  'shared/contract',
  'shared/config',
  'shared/kernel',
  'cdk.json',
  'package-lock.json',
  'media-task/Dockerfile',
]

type Options = { outDir: string; distDir: string; environment: Record<string, string | undefined> }

const markOf = async ({ distDir, environment }: Options): Promise<string> => {
  const hash = createHash('sha256').update(distDir)
  for (const source of SOURCES) {
    const path = join(repository, source)
    const entries = await readdir(path, { recursive: true }).catch(() => [''])
    for (const entry of entries.sort()) {
      const { mtimeMs, size } = await stat(join(path, entry)).catch(() => ({ mtimeMs: 0, size: 0 }))
      hash.update(`${source}/${entry} ${mtimeMs} ${size}\n`)
    }
  }
  const { PWD, OLDPWD, SHLVL, ...rest } = environment
  // npm and terminals set variables of their own at each start; infra reads none of them.
  const variables = Object.entries(rest).filter(
    ([name]) => !/^(npm_|TERM|VITEST|VSCODE|SSH_|XDG_|_$)/.test(name),
  )
  return hash.update(JSON.stringify(variables.sort())).digest('hex')
}

/**
 * Synthesizes the CDK app for this machine and answers the assembly's folder. In a process of its
 * own, because CDK is large and works synchronously; an assembly of the same sources and variables
 * is used again.
 */
export const synthesizeLocally = async (o: Options): Promise<string> => {
  const mark = await markOf(o)
  const markFile = join(o.outDir, 'sources.sha256')
  if ((await readFile(markFile, 'utf8').catch(() => '')) === mark) return o.outDir
  await rm(o.outDir, { recursive: true, force: true })
  const options = { stage: 'local', outDir: o.outDir, distDir: o.distDir, assets: 'in-place', checks: 'none' }
  const args = ['--input-type=module', '-e', program, JSON.stringify(options)]
  const child = spawnTied(process.execPath, args, {
    cwd: repository,
    env: o.environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = new Promise<number | null>((done, fail) => child.once('error', fail).once('exit', done))
  const [problems, code] = await Promise.all([text(child.stderr!), exited])
  if (code !== 0) throw new Error(`the CDK app does not synthesize:\n${problems.trim()}`)
  await writeFile(markFile, mark)
  return o.outDir
}
