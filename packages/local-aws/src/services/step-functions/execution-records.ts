import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** One execution as DescribeExecution tells it; dates are seconds. */
export type ExecutionRecord = {
  executionArn: string
  stateMachineArn: string
  name: string
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'
  startDate: number
  stopDate?: number
  input: string
  output?: string
  error?: string
  cause?: string
}

const NAME_IS_USED_FOR_SECONDS = 90 * 24 * 3600

/**
 * Executions of one machine, one file each; names of executions that ended more than 90 days ago
 * become free, as in Step Functions.
 */
export const openRecords = async (folder: string) => {
  await mkdir(folder, { recursive: true })
  const records = new Map<string, ExecutionRecord>()
  const fileOf = (name: string) => join(folder, `${name}.json`)
  for (const entry of await readdir(folder)) {
    if (!entry.endsWith('.json')) continue
    const record = JSON.parse(await readFile(join(folder, entry), 'utf8')) as ExecutionRecord
    if (record.stopDate && record.stopDate < Date.now() / 1000 - NAME_IS_USED_FOR_SECONDS)
      await rm(join(folder, entry))
    else records.set(record.name, record)
  }
  // Writes of one record follow each other, so that the last state is the one on disk.
  const writing = new Map<string, Promise<void>>()
  return {
    records,
    save: (record: ExecutionRecord): Promise<void> => {
      records.set(record.name, record)
      const text = JSON.stringify(record)
      const write = async () => {
        await writeFile(`${fileOf(record.name)}.new`, text)
        await rename(`${fileOf(record.name)}.new`, fileOf(record.name))
      }
      const written = (writing.get(record.name) ?? Promise.resolve()).then(write)
      writing.set(
        record.name,
        written.catch(() => {}),
      )
      return written
    },
  }
}
