import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readdir, readlink } from 'node:fs/promises'

// Ends what is still alive when our end of its pipe closes, which also happens when we are killed
// with SIGKILL and can no longer do it.
const watchScript = `
live=''
while read -r verb signal pid; do
  case $verb in
    add) live="$live $signal:$pid" ;;
    del) left=''; for item in $live; do [ "$item" = "$signal:$pid" ] || left="$left $item"; done; live=$left ;;
  esac
done
for item in $live; do kill -s "\${item%%:*}" -- "\${item#*:}" 2>/dev/null; done
`

let watcher: ChildProcess | undefined

const tell = (line: string) => {
  if (!watcher) {
    watcher = spawn('/bin/sh', ['-c', watchScript], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    watcher.on('error', () => {})
    watcher.stdin?.on('error', () => {})
    watcher.unref()
    const pipe = watcher.stdin as unknown as { unref?: () => void }
    pipe.unref?.()
  }
  watcher.stdin?.write(`${line}\n`)
}

/**
 * Spawns a process in a group of its own that never outlives this one, however this one ends;
 * `lastSignal` is what it gets then.
 */
export const spawnTied = (
  command: string,
  args: string[],
  options: SpawnOptions & { lastSignal?: 'INT' | 'TERM' | 'KILL'; group?: boolean } = {},
): ChildProcess => {
  const { lastSignal = 'KILL', group = true, ...rest } = options
  const child = spawn(command, args, { ...rest, detached: true })
  if (child.pid !== undefined) {
    const target = group ? -child.pid : child.pid
    tell(`add ${lastSignal} ${target}`)
    child.once('exit', () => tell(`del ${lastSignal} ${target}`))
  }
  return child
}

// A process that ended but whose parent has not asked after it still takes signals; only /proc
// tells it apart.
const isZombie = (pid: number): boolean => {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Signals a whole process group; a group that has already gone is no error. */
export const killGroup = (child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void => {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {}
}

/** Resolves once the process has exited; after `graceMs` it is killed together with its group. */
export const stopProcess = async (
  child: ChildProcess,
  signal: NodeJS.Signals,
  graceMs = 10_000,
): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = once(child, 'exit')
  const timer = setTimeout(() => killGroup(child), graceMs)
  child.kill(signal)
  await exited
  clearTimeout(timer)
}

/**
 * Kills every process that works in `folder` or has a file of it open. Only where there is a /proc;
 * elsewhere such processes end by themselves.
 */
export const killUsersOf = async (folder: string): Promise<void> => {
  const inside = async (link: string) => `${await readlink(link).catch(() => '')}/`.startsWith(`${folder}/`)
  const uses = async (pid: string) => {
    if (await inside(`/proc/${pid}/cwd`)) return true
    const files = await readdir(`/proc/${pid}/fd`).catch(() => [])
    return (await Promise.all(files.map(file => inside(`/proc/${pid}/fd/${file}`)))).includes(true)
  }
  const pids = (await readdir('/proc').catch(() => [])).filter(
    name => /^\d+$/.test(name) && Number(name) !== process.pid,
  )
  const users = await Promise.all(pids.map(async pid => ((await uses(pid)) ? [Number(pid)] : [])))
  for (const pid of users.flat())
    try {
      process.kill(pid, 'SIGKILL')
    } catch {}
}
