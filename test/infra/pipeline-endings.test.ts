import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Machine,
  readMachine,
  runExecution,
  TaskError,
} from '../../packages/local-aws/src/services/step-functions/execution.ts'
import { type Assembly, definitionOf, synthesizeForTest } from '../support/assembly.ts'

let assembly: Assembly
let machine: Machine
beforeAll(() => {
  assembly = synthesizeForTest({ stage: 'local', checks: 'none' })
  machine = readMachine(definitionOf(assembly))
}, 120_000)
afterAll(() => assembly.close())

/**
 * Runs the workflow. The media task refuses the file in its first state, and the next one reads
 * that in its report.
 */
const runRefused = async ({ normalise }: { normalise: boolean }) => {
  const entered: string[] = []
  const answers: Record<string, unknown> = {
    Admit: { decision: 'run' },
    Inspect: { normalise, key: 'k', eTag: 'e', language: '' },
    'Start playback': { done: false },
  }
  const execution = runExecution({
    machine,
    execution: {
      Id: 'id',
      Name: 'run',
      RoleArn: 'role',
      StateMachineId: 'machine',
      StateMachineName: 'machine',
    },
    input: { videoId: 'v', userId: 'u', key: 'k', eTag: 'e' },
    perform: async ({ stateName }) => {
      entered.push(stateName)
      if (stateName.startsWith('Record ') && stateName !== 'Record the failure')
        throw new TaskError('MediaProblem', '{}')
      return answers[stateName] ?? {}
    },
    log: () => {},
  })
  return { entered, end: await execution.end }
}

describe('A file that the media task refuses', () => {
  test.each([
    ['at once', { normalise: false }, 'Extract'],
    ['while it is made readable', { normalise: true }, 'Normalise'],
  ])('%s costs one container and ends as an outcome, not as a fault', async (_, file, container) => {
    const { entered, end } = await runRefused(file)
    expect(entered.filter(name => name === 'Normalise' || name === 'Extract')).toEqual([container])
    expect(entered.filter(name => name === 'Record the failure')).toHaveLength(1)
    expect(end).toMatchObject({ status: 'SUCCEEDED' })
  })
})
