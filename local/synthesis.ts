import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { spawnTied } from './processes.ts'

const root = join(import.meta.dirname, '..')

const program = `
import { synthesize } from ${JSON.stringify(join(root, 'infra/synth.ts'))}
synthesize({ ...JSON.parse(process.argv[1]), environment: process.env })
`

/** Synthesizes the CDK app for this machine, in a process of its own, because CDK is large and works synchronously. Answers the assembly's folder. */
export const synthesizeLocally = async (o: {
  outDir: string
  distDir: string
  environment: Record<string, string | undefined>
}): Promise<string> => {
  const options = { stage: 'local', outDir: o.outDir, distDir: o.distDir, assets: 'in-place', checks: 'none' }
  const args = ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', program, JSON.stringify(options)]
  const child = spawnTied(process.execPath, args, { cwd: root, env: o.environment, stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = new Promise<number | null>((done, fail) => child.once('error', fail).once('exit', done))
  const [problems, code] = await Promise.all([text(child.stderr!), exited])
  if (code !== 0) throw new Error(`the CDK app does not synthesize:\n${problems.trim()}`)
  return o.outDir
}
