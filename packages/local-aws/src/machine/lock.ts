import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from './processes.ts'

// A process id may have been given to somebody else since; then its command says so.
const isNode = (pid: number): boolean => {
  try {
    return /node|vitest/.test(execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }))
  } catch {
    return false
  }
}

/** The living process that holds a state folder. */
export const holderOf = async (stateDir: string): Promise<number | undefined> => {
  const holder = Number(await readFile(join(stateDir, 'pid'), 'utf8').catch(() => ''))
  return holder && isAlive(holder) && (holder === process.pid || isNode(holder)) ? holder : undefined
}

/**
 * Claims a state folder for this process; throws a sentence for people when another living one has
 * it. Answers how to give it back.
 */
export const claimFolder = async (stateDir: string): Promise<() => Promise<void>> => {
  await mkdir(stateDir, { recursive: true })
  const file = join(stateDir, 'pid')
  const holder = await holderOf(stateDir)
  if (holder)
    throw new Error(
      `A local stack already runs on ${stateDir} (process ${holder}). Stop it first, or use that one.`,
    )
  await rm(file, { force: true })
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' })
  } catch {
    throw new Error(`Another local stack is just starting on ${stateDir}.`)
  }
  return () => rm(file, { force: true })
}
