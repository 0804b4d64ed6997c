import { createInterface } from 'node:readline'
import { killGroup, spawnTied } from './processes.ts'

export type CommandLimits = {
  deadlineMs: number
  signal?: AbortSignal | undefined
  cwd?: string
  /** Called with each line of standard output, which is then not collected. */
  onLine?: (line: string) => void
}

/** A program that ended badly; the message is the end of what it wrote to standard error. */
export class CommandError extends Error {
  readonly timedOut: boolean
  constructor(command: string, detail: string, timedOut = false) {
    super(`${command}: ${detail}`)
    this.name = 'CommandError'
    this.timedOut = timedOut
  }
}

const KEPT_OUTPUT = 8_000_000
const KEPT_ERRORS = 4_000

/**
 * Runs a program without a shell and returns its output. Its whole process group dies at the
 * deadline, with the signal and with us.
 */
export const runCommand = (
  command: string,
  args: string[],
  { deadlineMs, signal, cwd, onLine }: CommandLimits,
): Promise<string> =>
  new Promise((done, fail) => {
    if (signal?.aborted) return fail(signal.reason)
    const child = spawnTied(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      killGroup(child)
    }, deadlineMs)
    const abort = () => killGroup(child)
    signal?.addEventListener('abort', abort, { once: true })
    if (onLine) createInterface({ input: child.stdout! }).on('line', onLine)
    else
      child.stdout!.setEncoding('utf8').on('data', text => {
        if (output.length < KEPT_OUTPUT) output += text
      })
    child.stderr!.setEncoding('utf8').on('data', text => {
      errors = (errors + text).slice(-KEPT_ERRORS)
    })
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    child.once('error', error => {
      settle()
      fail(error)
    })
    child.once('close', (code, killedBy) => {
      settle()
      if (signal?.aborted) return fail(signal.reason)
      if (timedOut)
        return fail(new CommandError(command, `not finished after ${Math.round(deadlineMs / 1000)} s`, true))
      if (code !== 0)
        return fail(new CommandError(command, errors.trim() || `ended with ${killedBy ?? code}`))
      done(output)
    })
  })
