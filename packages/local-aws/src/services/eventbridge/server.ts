import { randomUUID } from 'node:crypto'

/** An event on its way to the default bus; the bus adds id, time, account and region. */
export type AwsEvent = {
  source: string
  'detail-type': string
  resources: string[]
  detail: Record<string, unknown>
}

export type Rule = {
  arn: string
  pattern?: object
  everyMs?: number
  deliver: (event: Record<string, unknown>) => void
}

export type EventBus = {
  /** Adds a rule, or replaces the one of the same ARN. */
  define(rule: Rule): void
  emit(event: AwsEvent): void
  close(): void
}

type Matcher =
  | string
  | number
  | boolean
  | null
  | { prefix?: string; 'anything-but'?: string | string[]; exists?: boolean }

const fits = (matcher: Matcher, value: unknown): boolean => {
  if (typeof matcher !== 'object' || matcher === null) return matcher === value
  if (matcher.prefix !== undefined) return typeof value === 'string' && value.startsWith(matcher.prefix)
  if (matcher.exists !== undefined) return matcher.exists === (value !== undefined)
  if (matcher['anything-but'] !== undefined)
    return ![matcher['anything-but']].flat().some(other => other === value)
  throw new Error(`an event pattern uses ${JSON.stringify(matcher)}, which is not emulated here`)
}

/** EventBridge's pattern language: each leaf is a list of alternatives. */
export const matchesEvent = (pattern: object, event: unknown): boolean =>
  Object.entries(pattern as Record<string, object>).every(([key, expected]) => {
    const value = (event as Record<string, unknown> | undefined)?.[key]
    if (!Array.isArray(expected)) return matchesEvent(expected, value)
    const values = Array.isArray(value) ? value : [value]
    return (expected as Matcher[]).some(matcher => values.some(item => fits(matcher, item)))
  })

/** `rate(5 minutes)` in milliseconds. */
export const periodOf = (schedule: string): number => {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule) ?? []
  if (!count || !unit) throw new Error(`the schedule ${schedule} is not emulated here: only rate(…) is`)
  return Number(count) * { minute: 60_000, hour: 3_600_000, day: 86_400_000 }[unit]!
}

/**
 * EventBridge's default bus and its schedules. Delivery is once, from memory: what is lost with the
 * process, the hub's own reconciliation finds.
 */
export const startEventBus = (o: { region: string; account: string }): EventBus => {
  const rules = new Map<string, Rule>()
  const timers = new Map<string, NodeJS.Timeout>()
  const envelope = (event: AwsEvent) => ({
    version: '0',
    id: randomUUID(),
    account: o.account,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: o.region,
    ...event,
  })
  return {
    define: rule => {
      rules.set(rule.arn, rule)
      clearInterval(timers.get(rule.arn))
      if (!rule.everyMs) return
      const tick = () =>
        rule.deliver(
          envelope({
            source: 'aws.events',
            'detail-type': 'Scheduled Event',
            resources: [rule.arn],
            detail: {},
          }),
        )
      timers.set(rule.arn, setInterval(tick, rule.everyMs))
    },
    emit: event => {
      const full = envelope(event)
      for (const { pattern, deliver } of rules.values())
        if (pattern && matchesEvent(pattern, full)) deliver(full)
    },
    close: () => {
      for (const timer of timers.values()) clearInterval(timer)
      rules.clear()
    },
  }
}
