import { s3Error } from './s3-error.ts'

type Condition = Record<string, string> | [operator: string, name: string | number, value: string | number]
type Policy = { expiration: string; conditions: Condition[] }

const UNCONDITIONED = ['policy', 'file', 'x-amz-signature']

const refuse = (reason: string) => s3Error('AccessDenied', `Invalid according to Policy: ${reason}`)

const parsePolicy = (base64: string): Policy => {
  try {
    const policy = JSON.parse(Buffer.from(base64, 'base64').toString())
    if (typeof policy.expiration === 'string' && Array.isArray(policy.conditions)) return policy
  } catch {
    // Reported below.
  }
  throw refuse('Invalid Policy: Invalid JSON.')
}

const tests: Record<string, (value: string, wanted: string) => boolean> = {
  eq: (value, wanted) => value === wanted,
  'starts-with': (value, wanted) => value.startsWith(wanted),
}

/**
 * Holds the fields of a form (lower-case names, with `bucket`) against its policy; answers the
 * sizes it allows. A field without a condition is refused too.
 */
export const checkPolicy = (
  base64: string,
  fields: Record<string, string>,
): { minBytes: number; maxBytes: number } => {
  const { expiration, conditions } = parsePolicy(base64)
  if (!(Date.parse(expiration) > Date.now())) throw refuse('Policy expired.')

  const sizes = { minBytes: 0, maxBytes: Number.POSITIVE_INFINITY }
  const covered = new Set(UNCONDITIONED)
  for (const condition of conditions) {
    const rows = Array.isArray(condition)
      ? [condition]
      : Object.entries(condition).map(([name, value]) => ['eq', `$${name}`, value] as const)
    for (const [operator, subject, wanted] of rows) {
      if (operator.toLowerCase() === 'content-length-range') {
        sizes.minBytes = Math.max(sizes.minBytes, Number(subject))
        sizes.maxBytes = Math.min(sizes.maxBytes, Number(wanted))
        continue
      }
      const name = String(subject).replace(/^\$/, '').toLowerCase()
      covered.add(name)
      if (!tests[operator.toLowerCase()]?.(fields[name] ?? '', String(wanted))) {
        throw refuse(`Policy Condition failed: ${JSON.stringify([operator, subject, wanted])}`)
      }
    }
  }
  const extra = Object.keys(fields).filter(
    name => !covered.has(name) && !name.startsWith('x-ignore-') && name !== 'bucket',
  )
  if (extra.length > 0) throw refuse(`Extra input fields: ${extra.join(', ')}`)
  return sizes
}
