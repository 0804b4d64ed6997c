import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { MAX_DURATION_SECONDS } from '../shared/contract/limits.ts'
import { problem } from '../shared/contract/problems.ts'
import { MAX_PIXELS } from '../shared/domain/media/media-facts.ts'

/**
 * The demuxers of the file types that we accept. By default an HLS playlist or concat script named
 * .mp4 makes ffmpeg open other files and addresses.
 */
const DEMUXERS = 'mov,matroska,avi,asf,flv'
const STDERR_TAIL = 2_000
/** A thousand streams with their tags have a tenth of it. */
const MAX_PROBE_CHARACTERS = 8_000_000
const SETPRIV = '/usr/bin/setpriv'
const PRLIMIT = '/usr/bin/prlimit'

/**
 * The command that starts ffmpeg. The kernel ends it with this program, even when this is killed
 * outright. With a uid it has none of this program's privileges and reads only the work folder.
 */
const launcher = (uid: number | undefined): string[] => {
  if (uid !== undefined)
    return [
      SETPRIV,
      '--pdeathsig',
      'KILL',
      '--reuid',
      `${uid}`,
      '--regid',
      `${uid}`,
      '--clear-groups',
      '--no-new-privs',
      '--inh-caps',
      '-all',
    ]
  return existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL'] : []
}

export type Limits = {
  signal?: AbortSignal | undefined
  timeoutMs: number
  /** True while a file is judged: one that takes too long has too many parts. */
  isGate?: boolean
  /** Working directory: relative names of files lie there. */
  folder?: string
  /** The user of the tool; without one it is this program's. */
  uid?: number
  /** The address space of the tool; without a value it is not bounded. */
  memoryBytes?: number
}

type Outcome = { code: number | null; killedBy: NodeJS.Signals | null; stderr: string }

const WHITELISTS = [
  '-protocol_whitelist',
  'file,pipe',
  '-format_whitelist',
  DEMUXERS,
  '-max_pixels',
  String(MAX_PIXELS),
]

/**
 * Options with which ffmpeg opens an untrusted file: local protocols, known demuxers, a
 * bounded picture. A file that claims three seconds may go on a year later: filters would fill the
 * gap with pictures and silence until the memory or the disk is full.
 */
export const openUntrusted = (
  file: string,
  decoderOptions: readonly string[] = [],
  maxSeconds = MAX_DURATION_SECONDS,
): string[] => [...WHITELISTS, ...['-t', String(maxSeconds)], ...decoderOptions, ...['-i', `file:${file}`]]

const run = (
  command: string,
  args: readonly string[],
  { signal, timeoutMs, isGate, folder, uid, memoryBytes }: Limits,
  onStdout: (text: string) => void,
): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const bounds = memoryBytes && existsSync(PRLIMIT) ? [PRLIMIT, `--as=${memoryBytes}`] : []
    const [program, ...rest] = [...launcher(uid), ...bounds, command, ...args] as [string, ...string[]]
    // A process group of its own: whatever the tool starts ends with it. It sees none of our
    // environment.
    const child = spawn(program, rest, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
    })
    let stderr = ''
    let timedOut = false
    const kill = () => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It ended by itself in this moment.
      }
    }
    const deadline = setTimeout(() => {
      timedOut = true
      kill()
    }, timeoutMs)
    signal?.addEventListener('abort', kill, { once: true })
    let refusal: unknown
    child.stdout.setEncoding('utf8').on('data', text => {
      try {
        onStdout(text)
      } catch (error) {
        refusal ??= error
        kill()
      }
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr = (stderr + text).slice(-STDERR_TAIL)
    })
    const settle = (end: () => void) => {
      clearTimeout(deadline)
      signal?.removeEventListener('abort', kill)
      end()
    }
    child.on('error', error => settle(() => reject(error)))
    child.on('close', (code, killedBy) =>
      settle(() => {
        if (signal?.aborted) return reject(signal.reason)
        if (refusal) return reject(refusal)
        if (timedOut)
          return reject(
            problem(isGate ? 'media.too_complex' : 'media.timed_out', {
              reason: `${command} did not finish within ${timeoutMs / 1000} s`,
            }),
          )
        resolve({ code, killedBy, stderr: stderr.trim() })
      }),
    )
  })

/**
 * Translates a failure into the file's fault. Any other failure stays a plain error, so the task is
 * retried.
 */
const failure = (command: string, { code, killedBy, stderr }: Outcome, { memoryBytes }: Limits): Error => {
  const wantsTooMuch = memoryBytes !== undefined && /Cannot allocate memory/.test(stderr)
  if (wantsTooMuch || stderr.includes('exceeds max_streams'))
    return problem('media.too_complex', { reason: stderr })
  const notTheFile =
    killedBy !== null ||
    code === 127 ||
    /No space left on device|Cannot allocate memory|Permission denied/.test(stderr)
  if (notTheFile) return new Error(`${command} ended with ${killedBy ?? code}: ${stderr}`)
  if (stderr.includes('not on whitelist')) return problem('media.not_a_video', { reason: stderr })
  if (stderr.includes('Picture size')) return problem('media.too_large_picture', { reason: stderr })
  return problem('media.unreadable', { reason: stderr })
}

const lineReader = (onLine: (line: string) => void) => {
  let rest = ''
  return (text: string) => {
    const lines = (rest + text).split('\n')
    // The lines are short; a tool that never ends its line must not fill the memory.
    rest = (lines.pop() ?? '').slice(-1000)
    for (const line of lines) onLine(line)
  }
}

const progressReader = (onTimeMs: (ms: number) => void) =>
  lineReader(line => {
    const [, microseconds] = /^out_time_us=(\d+)$/.exec(line) ?? []
    if (microseconds) onTimeMs(Number(microseconds) / 1000)
  })

/**
 * Runs ffmpeg with our arguments; `onTimeMs` follows how far into the film it is. Throws media.*
 * problems that are the file's fault.
 */
export const runFfmpeg = async (
  args: readonly string[],
  limits: Limits,
  onTimeMs: (ms: number) => void = () => {},
): Promise<void> => {
  const fixed = ['-hide_banner', '-nostdin', '-v', 'error', '-y', '-progress', 'pipe:1', '-nostats']
  const outcome = await run('ffmpeg', [...fixed, ...args], limits, progressReader(onTimeMs))
  if (outcome.code !== 0) throw failure('ffmpeg', outcome, limits)
}

/** Runs ffmpeg and hands over each line that it writes. An error of `onLine` ends it. */
export const readFfmpeg = async (
  args: readonly string[],
  limits: Limits,
  onLine: (line: string) => void,
): Promise<void> => {
  const outcome = await run(
    'ffmpeg',
    ['-hide_banner', '-nostdin', '-v', 'error', ...args],
    limits,
    lineReader(onLine),
  )
  if (outcome.code !== 0) throw failure('ffmpeg', outcome, limits)
}

/** Runs ffprobe on an untrusted file and answers what it found. */
export const runFfprobe = async (file: string, args: readonly string[], limits: Limits): Promise<unknown> => {
  let json = ''
  // Why it refuses a track is only a warning.
  const options = [
    '-hide_banner',
    '-v',
    'warning',
    ...args,
    '-of',
    'json',
    ...WHITELISTS,
    '-i',
    `file:${file}`,
  ]
  const outcome = await run('ffprobe', options, limits, text => {
    if (json.length <= MAX_PROBE_CHARACTERS) json += text
  })
  if (outcome.code !== 0) throw failure('ffprobe', outcome, limits)
  if (json.length > MAX_PROBE_CHARACTERS)
    throw problem('media.unreadable', { reason: 'its tags have no end' })
  return JSON.parse(json)
}
