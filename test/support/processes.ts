import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { isAlive } from '../../packages/local-aws/src/machine/processes.ts'

const execute = promisify(execFile)

export type RunningProcess = { pid: number; command: string }

/** Everything that a process has started and that still runs, and what that has started in turn. */
export const processesBelow = async (root: number = process.pid): Promise<RunningProcess[]> => {
  const { stdout } = await execute('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { maxBuffer: 1 << 24 })
  const rows = [...stdout.matchAll(/^ *(\d+) +(\d+) (.*)$/gm)].map(([, pid, parent, command = '']) => ({
    ...{ pid: Number(pid), parent: Number(parent), command },
  }))
  const below = (pid: number): RunningProcess[] =>
    rows
      .filter(({ parent }) => parent === pid)
      .flatMap(({ pid, command }) => [{ pid, command }, ...below(pid)])
  // ps itself is among our children, and so is the shell of machine/processes.ts that waits for our
  // end.
  return below(root).filter(({ command }) => !/^ps |^\/bin\/sh -c\s/.test(command))
}

/** Those that have not ended since. */
export const stillRunning = (processes: readonly RunningProcess[]): RunningProcess[] =>
  processes.filter(({ pid }) => isAlive(pid))
