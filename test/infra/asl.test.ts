import validate from 'asl-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { functionTable } from '../../infra/functions.ts'
import { STAGE_NAMES, stageSettings } from '../../infra/stages.ts'
import { type Assembly, definitionOf, synthesizeForTest } from '../support/assembly.ts'

type State = {
  Type: string
  Resource?: string
  Next?: string
  Seconds?: number
  Parameters?: Record<string, unknown>
  ResultPath?: string
  Catch?: { ErrorEquals: string[]; Next: string }[]
  Retry?: { ErrorEquals: string[]; MaxAttempts: number; JitterStrategy?: string }[]
  Branches?: { States: Record<string, State> }[]
}
type Definition = { StartAt: string; TimeoutSeconds: number; States: Record<string, State> }

const statesOf = (states: Record<string, State>): [string, State][] =>
  Object.entries(states).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...(state.Branches ?? []).flatMap(branch => statesOf(branch.States)),
  ])

describe.each(STAGE_NAMES)('the state machine of %s', stage => {
  let assembly: Assembly
  let definition: Definition
  beforeAll(() => {
    assembly = synthesizeForTest({ stage, checks: 'none' })
    definition = JSON.parse(definitionOf(assembly))
  }, 120_000)
  afterAll(() => assembly.close())

  it('is valid Amazon States Language', async () => {
    const { isValid, errorsText } = await validate(definition)
    expect(errorsText('\n')).toBe('')
    expect(isValid).toBe(true)
  })

  it('uses JSONPath only, which is all that the local engine knows', () => {
    expect(JSON.stringify(definition)).not.toMatch(/JSONata|\{%|"ItemProcessor"/)
  })

  it('stops after the processing timeout and asks again at the pace of the stage', () => {
    const { videoProcessingTimeoutMs, pollSeconds } = stageSettings(stage)
    expect(definition.TimeoutSeconds).toBe(videoProcessingTimeoutMs / 1000)
    const waits = statesOf(definition.States).filter(([, { Type }]) => Type === 'Wait')
    expect(waits.map(([, { Seconds }]) => Seconds)).toEqual(waits.map(() => pollSeconds))
  })

  it('repeats every task with full jitter, but never what the file itself is at fault for', () => {
    const states = new Map(statesOf(definition.States))
    const asksLambda = (name?: string) => states.get(name ?? '')?.Resource?.includes(':lambda:')
    for (const [name, { Type, Next, Retry = [] }] of states) {
      if (Type !== 'Task' || name === 'Summarise') continue
      expect(Retry.at(-1), name).toMatchObject({ JitterStrategy: 'FULL' })
      if (asksLambda(name))
        expect(Retry, name).toMatchObject([
          { ErrorEquals: ['MediaProblem'], MaxAttempts: 0 },
          { ErrorEquals: ['States.ALL'], MaxAttempts: 4 },
        ])
      // A container that refuses a file succeeds; the function behind it finds the run ended.
      else expect(asksLambda(Next), name).toBe(true)
    }
    expect(JSON.stringify(definition)).not.toContain('ExitCode')
  })

  it('hands on what a state of a poll answered last', () => {
    const asking = statesOf(definition.States).filter(([name]) => name.startsWith('Check '))
    expect(asking.map(([, { Parameters, ResultPath }]) => [Parameters?.['state.$'], ResultPath])).toEqual([
      ['$', '$.transcript'],
      ['$', '$.playback'],
    ])
  })

  it('lets every container read the file that was inspected', () => {
    const containers = statesOf(definition.States).filter(([, { Resource }]) => Resource?.includes(':ecs:'))
    expect(containers.map(([name]) => name)).toEqual(['Normalise', 'Extract'])
    for (const [name, { Parameters }] of containers)
      expect(JSON.stringify(Parameters), name).toContain('{"Name":"SOURCE_KEY","Value.$":"$.film.key"}')
    expect(definition.States.Inspect?.ResultPath).toBe('$.film')
  })

  it('lets a video wait two minutes for its summary, and does not repeat what the worker makes up for', () => {
    const [, summarise] = statesOf(definition.States).find(([name]) => name === 'Summarise')!
    expect(summarise.Retry).toBeUndefined()
    expect(functionTable['pipeline-summarise'].timeoutSeconds).toBeLessThanOrEqual(120)
  })

  it('records every failure but that of the summary, which only enriches', () => {
    for (const [name, { Type, Catch }] of Object.entries(definition.States)) {
      if ((Type !== 'Task' && Type !== 'Parallel') || name === 'Record the failure') continue
      expect(Catch, name).toMatchObject([{ ErrorEquals: ['States.ALL'], Next: 'Record the failure' }])
    }
    const caughtInside = definition.States.Produce!.Branches!.flatMap(branch =>
      statesOf(branch.States),
    ).filter(([, { Catch }]) => Catch)
    expect(caughtInside.map(([name]) => name)).toEqual(['Summarise'])
  })
})
