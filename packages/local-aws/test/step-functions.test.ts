import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openKeyring } from '../src/iam/keyring.ts'
import type { AwsEvent } from '../src/services/eventbridge/server.ts'
import { type Perform, TaskError } from '../src/services/step-functions/execution.ts'
import { type States, startStates } from '../src/services/step-functions/server.ts'

const region = 'us-east-1'
const account = '000000000000'
const fn = (name: string) => `arn:aws:lambda:${region}:${account}:function:${name}`
const task = (name: string, more: object = { End: true }) => ({ Type: 'Task', Resource: fn(name), ...more })

let stateDir: string
let states: States
let sfn: SFNClient
let events: AwsEvent[]

const open = async () => {
  const keyring = openKeyring(stateDir)
  states = await startStates({
    port: 0,
    stateDir,
    region,
    account,
    keyring,
    emit: event => events.push(event),
    log: () => {},
  })
  sfn = new SFNClient({ endpoint: states.url, region, credentials: keyring.operator })
  return keyring
}
const define = (definition: object, perform: Perform = async ({ input }) => input) =>
  states.define({
    name: 'machine',
    roleArn: 'arn:aws:iam::000000000000:role/machine',
    definitionString: JSON.stringify(definition),
    perform,
  })
const ended = async (executionArn: string) => {
  for (;;) {
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }))
    if (execution.status !== 'RUNNING') return execution
    await sleep(20)
  }
}
const run = async (stateMachineArn: string, input: unknown, name = 'one') =>
  ended(
    (await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) })))
      .executionArn!,
  )

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'states-'))
  events = []
  await open()
})
afterEach(async () => {
  await states.close()
  await rm(stateDir, { recursive: true, force: true })
})

describe('Step Functions on this machine', () => {
  test('gives tasks the execution and its input, also inside a branch', async () => {
    const parameters = { 'name.$': '$$.Execution.Name', 'video.$': '$$.Execution.Input.video' }
    const inner = {
      StartAt: 'Inner',
      States: { Inner: task('inner', { Parameters: parameters, End: true }) },
    }
    const arn = await define({
      StartAt: 'Change',
      States: {
        Change: { Type: 'Pass', Result: { other: true }, Next: 'Both' },
        Both: { Type: 'Parallel', Branches: [inner], End: true },
      },
    })
    const execution = await run(arn, { video: 'v1' }, 'run-1')
    expect(execution.status).toBe('SUCCEEDED')
    expect(JSON.parse(execution.output!)).toEqual([{ name: 'run-1', video: 'v1' }])
  })

  test('starts a name once: again with the same input while it runs, never after it has ended', async () => {
    const arn = await define({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 1, End: true } } })
    const start = (input: string) =>
      sfn.send(new StartExecutionCommand({ stateMachineArn: arn, name: 'same', input }))
    const first = await start('{"a":1}')
    expect((await start('{ "a": 1 }')).executionArn).toBe(first.executionArn)
    await expect(start('{"a":2}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    await ended(first.executionArn!)
    await expect(start('{"a":1}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    const { executions } = await sfn.send(
      new ListExecutionsCommand({ stateMachineArn: arn, statusFilter: 'SUCCEEDED' }),
    )
    expect(executions).toHaveLength(1)
  })

  test('repeats a failed task as Retry says, and catches what Retry leaves', async () => {
    let calls = 0
    const retry = [
      { ErrorEquals: ['MediaProblem'], MaxAttempts: 0 },
      {
        ErrorEquals: ['States.ALL'],
        IntervalSeconds: 1,
        MaxAttempts: 2,
        BackoffRate: 2,
        JitterStrategy: 'FULL',
      },
    ]
    const arn = await define(
      {
        StartAt: 'Work',
        States: {
          Work: task('work', {
            Retry: retry,
            Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Caught' }],
            End: true,
          }),
          Caught: { Type: 'Pass', End: true },
        },
      },
      async () => {
        calls++
        throw new TaskError(calls < 2 ? 'Busy' : 'MediaProblem', '{"errorType":"x"}')
      },
    )
    const execution = await run(arn, {})
    expect(JSON.parse(execution.output!)).toEqual({
      error: { Error: 'MediaProblem', Cause: '{"errorType":"x"}' },
    })
    expect(calls).toBe(2)
  })

  test('ends the work of a failed branch’s siblings', async () => {
    const aborted = Promise.withResolvers<void>()
    const branch = (name: string) => ({ StartAt: name, States: { [name]: task(name) } })
    const arn = await define(
      {
        StartAt: 'Both',
        States: { Both: { Type: 'Parallel', Branches: [branch('long'), branch('bad')], End: true } },
      },
      async ({ stateName, signal }) => {
        if (stateName === 'bad') throw new TaskError('Broken', 'it broke')
        await new Promise<void>(done => signal.addEventListener('abort', () => done()))
        aborted.resolve()
      },
    )
    expect(await run(arn, {})).toMatchObject({ status: 'FAILED', error: 'Broken', cause: 'it broke' })
    await aborted.promise
  })

  test('stops at TimeoutSeconds and on request, ends the work in hand and tells EventBridge', async () => {
    let aborts = 0
    const perform: Perform = async ({ signal }) =>
      new Promise(done => signal.addEventListener('abort', () => done(aborts++)))
    const arn = await define({ TimeoutSeconds: 1, StartAt: 'Work', States: { Work: task('work') } }, perform)
    expect((await run(arn, {}, 'late')).status).toBe('TIMED_OUT')
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn: arn, name: 'stopped' }),
    )
    await sfn.send(new StopExecutionCommand({ executionArn, error: 'Deleted', cause: 'by its owner' }))
    expect(await ended(executionArn!)).toMatchObject({
      status: 'ABORTED',
      error: 'Deleted',
      cause: 'by its owner',
    })
    expect(aborts).toBe(2)
    await expect
      .poll(() => events.map(({ detail }) => `${detail.name} ${detail.status}`))
      .toEqual(['late RUNNING', 'late TIMED_OUT', 'stopped RUNNING', 'stopped ABORTED'])
  })

  test('takes up a running execution under its name after a restart', async () => {
    const definition = { StartAt: 'Work', States: { Work: task('work') } }
    const arn = await define(definition, () => new Promise(() => {}))
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn: arn, name: 'kept', input: '{"n":1}' }),
    )
    await states.close()
    await open()
    await define(definition)
    expect((await sfn.send(new DescribeExecutionCommand({ executionArn }))).status).toBe('RUNNING')
    states.resume()
    expect(await ended(executionArn!)).toMatchObject({ status: 'SUCCEEDED', output: '{"n":1}' })
  })

  test('lets a role start only what its policy names', async () => {
    await states.close()
    const keyring = await open()
    const arn = await define({ StartAt: 'Work', States: { Work: task('work') } })
    const client = new SFNClient({ endpoint: states.url, region, credentials: keyring.issue('starter') })
    const start = () => client.send(new StartExecutionCommand({ stateMachineArn: arn }))
    await expect(start()).rejects.toMatchObject({ name: 'AccessDeniedException' })
    keyring.attach('starter', 'start', {
      Statement: { Effect: 'Allow', Action: 'states:Start*', Resource: arn },
    })
    await expect(start()).resolves.toMatchObject({
      executionArn: expect.stringContaining(':execution:machine:'),
    })
    const stranger = new SFNClient({
      endpoint: states.url,
      region,
      credentials: { ...keyring.issue('starter'), secretAccessKey: 'guessed' },
    })
    await expect(stranger.send(new StartExecutionCommand({ stateMachineArn: arn }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    })
  })
})
