import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'

export type LogEntry = { time: string; level: 'INFO' | 'WARN' | 'ERROR'; source: string } & Record<
  string,
  unknown
>

/** Lines of one stack: all in combined.log, errors also in error.log, each a JSON object. */
export type Logs = {
  write(source: string, line: object | string): void
  /** Logs the output of a function or task; its own JSON lines stay as they are. */
  output(line: { functionName: string; stream: 'stdout' | 'stderr' | 'platform'; line: string }): void
}

const KEEP_BYTES = 20_000_000

const levelOf = (fields: Record<string, unknown>): LogEntry['level'] => {
  const level = String(fields.level ?? '').toUpperCase()
  if (['ERROR', 'CRITICAL', 'FATAL'].includes(level)) return 'ERROR'
  return level === 'WARN' || level === 'WARNING' ? 'WARN' : 'INFO'
}

const parsed = (line: string): Record<string, unknown> | undefined => {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/**
 * Opens `<stateDir>/logs`; a log above 20 MB becomes combined.1.log or error.1.log. `onEntry` sees
 * every line.
 */
export const openLogs = (stateDir: string, onEntry: (entry: LogEntry) => void = () => {}): Logs => {
  const folder = join(stateDir, 'logs')
  mkdirSync(folder, { recursive: true })
  for (const name of ['combined', 'error']) {
    const file = join(folder, `${name}.log`)
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > KEEP_BYTES)
      renameSync(file, join(folder, `${name}.1.log`))
    appendFileSync(file, '')
  }

  const add = (source: string, fields: Record<string, unknown>) => {
    const entry: LogEntry = { time: new Date().toISOString(), ...fields, level: levelOf(fields), source }
    const line = `${JSON.stringify(entry)}\n`
    // Written at once: what a crash leaves is what one wants to read.
    appendFileSync(join(folder, 'combined.log'), line)
    if (entry.level === 'ERROR') appendFileSync(join(folder, 'error.log'), line)
    onEntry(entry)
  }
  return {
    write: (source, line) => add(source, typeof line === 'string' ? { message: line } : { ...line }),
    output: ({ functionName, stream, line }) => {
      const failed =
        stream === 'stderr' ||
        (stream === 'platform' && /Error|Timedout|timed out/i.test(line) && !line.includes('REPORT '))
      add(functionName, parsed(line) ?? { message: line, stream, level: failed ? 'ERROR' : 'INFO' })
    },
  }
}
