import { spawnSync } from 'node:child_process'

/** Returns the output of a command, or undefined when it is missing or failed. */
export type Ask = (command: string, ...args: string[]) => string | undefined

// 5 places (MAX_CONCURRENT_JOBS) of 2 vCPU, the size of the media task in dev (infra/stages.ts).
const LEAST_FARGATE_VCPU = 10
// The default of an account; new ones begin lower (docs:
// lambda/latest/dg/gettingstarted-limits.html).
const LEAST_LAMBDA_CONCURRENCY = 1000

const quotaOf = (ask: Ask, service: string, code: string): number | undefined => {
  const args = [
    'get-service-quota',
    '--service-code',
    service,
    '--quota-code',
    code,
    '--query',
    'Quota.Value',
    '--output',
    'text',
  ]
  const value = Number(ask('aws', 'service-quotas', ...args)?.trim() || Number.NaN)
  return Number.isNaN(value) ? undefined : value
}

/**
 * Returns what would stop a first deployment (`missing`) and what is worth knowing (`notes`), one
 * sentence each. Quotas are asked through the aws CLI; without it a note says so.
 */
export const preflight = (ask: Ask, arch: NodeJS.Architecture): { missing: string[]; notes: string[] } => {
  const missing: string[] = []
  const notes: string[] = []
  if (ask('docker', 'info') === undefined)
    missing.push(
      'Docker does not run: the image of the media task is built on this machine. Install or start it.',
    )
  else if (arch !== 'arm64' && !ask('docker', 'buildx', 'inspect', '--bootstrap')?.includes('linux/arm64'))
    missing.push(
      'Docker cannot build for arm64 here. Install emulation once: docker run --privileged --rm tonistiigi/binfmt --install arm64',
    )
  if (ask('aws', 'sts', 'get-caller-identity') === undefined)
    return { missing, notes: ['The quotas were not checked: the aws CLI is missing or has no credentials.'] }
  const vcpu = quotaOf(ask, 'fargate', 'L-3032A538')
  if (vcpu !== undefined && vcpu < LEAST_FARGATE_VCPU)
    notes.push(
      `Fargate may run ${vcpu} vCPU at once, five videos need ${LEAST_FARGATE_VCPU}: ask for more (L-3032A538) or lower MAX_CONCURRENT_JOBS.`,
    )
  const concurrency = quotaOf(ask, 'lambda', 'L-B99A9384')
  if (concurrency !== undefined && concurrency < LEAST_LAMBDA_CONCURRENCY)
    notes.push(
      `Lambda may run ${concurrency} functions at once, so a burst of uploads slows down the API: ask for ${LEAST_LAMBDA_CONCURRENCY} (L-B99A9384).`,
    )
  return { missing, notes }
}

const askMachine: Ask = (command, ...args) => {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 })
  return status === 0 ? stdout : undefined
}

if (import.meta.main) {
  const { missing, notes } = preflight(askMachine, process.arch)
  for (const note of notes) console.warn(`Note: ${note}`)
  for (const sentence of missing) console.error(`Missing: ${sentence}`)
  if (missing.length > 0) process.exit(1)
}
