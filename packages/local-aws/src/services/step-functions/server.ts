import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { AwsError, demand } from '../../iam/caller.ts'
import type { Keyring } from '../../iam/keyring.ts'
import { startAwsJson } from '../aws-json.ts'
import type { AwsEvent } from '../eventbridge/server.ts'
import { type Machine, type Perform, readMachine, runExecution } from './execution.ts'
import { type ExecutionRecord, openRecords } from './execution-records.ts'

export type MachineSpec = { name: string; roleArn: string; definitionString: string; perform: Perform }

export type States = {
  url: string
  /**
   * Answers the machine's ARN. Executions that were running when the stack last ended wait for
   * `resume`.
   */
  define(spec: MachineSpec): Promise<string>
  resume(): void
  close(): Promise<void>
}

type Defined = MachineSpec & { arn: string; machine: Machine; book: Awaited<ReturnType<typeof openRecords>> }
type Start = { stateMachineArn: string; name?: string; input?: string }
type Listing = { stateMachineArn: string; statusFilter?: string; maxResults?: number; nextToken?: string }

const INPUT_LIMIT_BYTES = 262_144

const parseInput = (input: string): unknown => {
  if (Buffer.byteLength(input) > INPUT_LIMIT_BYTES)
    throw new AwsError('ValidationException', 'input is longer than 262144 bytes')
  try {
    return JSON.parse(input)
  } catch {
    throw new AwsError('InvalidExecutionInput', 'Invalid State Machine Execution Input: it is not JSON')
  }
}

/**
 * Step Functions over aws-local-stepfunctions: starts, describes, stops and lists executions of the
 * template's machines; `emit` gets every change of status.
 */
export const startStates = async (o: {
  port: number
  stateDir: string
  region: string
  account: string
  keyring: Keyring
  emit: (event: AwsEvent) => void
  log: (line: object) => void
}): Promise<States> => {
  const machines = new Map<string, Defined>()
  const running = new Map<string, { stop(): void; reason?: { error?: string; cause?: string } }>()
  let closing = false

  const announce = (record: ExecutionRecord) => {
    const milliseconds = (seconds?: number) => (seconds === undefined ? null : Math.round(seconds * 1000))
    o.emit({
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      resources: [record.executionArn],
      detail: {
        ...record,
        startDate: milliseconds(record.startDate),
        stopDate: milliseconds(record.stopDate),
        output: record.output ?? null,
        error: record.error ?? null,
        cause: record.cause ?? null,
      },
    })
  }
  const run = async (defined: Defined, record: ExecutionRecord) => {
    const { arn, name, roleArn, machine, perform, book } = defined
    const ids = {
      Id: record.executionArn,
      Name: record.name,
      RoleArn: roleArn,
      StateMachineId: arn,
      StateMachineName: name,
    }
    const execution = runExecution({
      machine,
      execution: ids,
      input: JSON.parse(record.input),
      perform,
      log: o.log,
    })
    const entry: { stop(): void; reason?: { error?: string; cause?: string } } = { stop: execution.stop }
    running.set(record.executionArn, entry)
    const { status, ...result } = await execution.end
    running.delete(record.executionArn)
    // A stack that is being closed leaves its executions running, so that the next start takes them
    // up again.
    if (closing) return
    const output = 'output' in result ? { output: JSON.stringify(result.output) } : result
    const ended: ExecutionRecord = {
      ...record,
      status,
      stopDate: Date.now() / 1000,
      ...output,
      ...entry.reason,
    }
    await book.save(ended)
    o.log({
      execution: record.name,
      event: `Execution ${status}`,
      ...('error' in ended ? { error: ended.error, cause: ended.cause } : {}),
    })
    announce(ended)
  }
  const begin = (defined: Defined, record: ExecutionRecord) =>
    run(defined, record).catch(error =>
      o.log({ level: 'ERROR', execution: record.name, error: String(error) }),
    )

  const machineOf = (arn: string) => {
    const found = machines.get(arn)
    if (!found) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`)
    return found
  }
  const executionOf = (arn: string) => {
    const defined = machines.get(arn.replace(':execution:', ':stateMachine:').replace(/:[^:]+$/, ''))
    const record = defined?.book.records.get(arn.split(':').at(-1)!)
    if (!defined || !record) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`)
    return { defined, record }
  }

  const start = async ({ stateMachineArn, name = randomUUID(), input = '{}' }: Start) => {
    const defined = machineOf(stateMachineArn)
    if (!/^[\w-]{1,80}$/.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`)
    const parsed = JSON.stringify(parseInput(input))
    const known = defined.book.records.get(name)
    if (known) {
      if (known.status === 'RUNNING' && JSON.stringify(JSON.parse(known.input)) === parsed) return known
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${known.executionArn}'`)
    }
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`
    const record: ExecutionRecord = {
      executionArn,
      stateMachineArn,
      name,
      status: 'RUNNING',
      startDate: Date.now() / 1000,
      input,
    }
    await defined.book.save(record)
    announce(record)
    begin(defined, record)
    return record
  }
  const stop = ({ executionArn, error, cause }: { executionArn: string; error?: string; cause?: string }) => {
    const { record } = executionOf(executionArn)
    const entry = running.get(executionArn)
    if (entry) {
      entry.reason = { ...(error ? { error } : {}), ...(cause ? { cause } : {}) }
      entry.stop()
    }
    return { stopDate: record.stopDate ?? Date.now() / 1000 }
  }
  const list = ({ stateMachineArn, statusFilter, maxResults = 100, nextToken }: Listing) => {
    const all = [...machineOf(stateMachineArn).book.records.values()]
      .filter(({ status }) => !statusFilter || status === statusFilter)
      .toSorted((a, b) => b.startDate - a.startDate)
    const from = Number(nextToken ?? 0)
    const size = maxResults || 100
    const executions = all
      .slice(from, from + size)
      .map(({ input, output, error, cause, ...summary }) => summary)
    return { executions, ...(from + size < all.length ? { nextToken: String(from + size) } : {}) }
  }

  const server = await startAwsJson({
    port: o.port,
    version: '1.0',
    keyring: o.keyring,
    actions: {
      StartExecution: async (input: Start, caller) => {
        demand(o.keyring, caller, 'states:StartExecution', input.stateMachineArn)
        const { executionArn, startDate } = await start(input)
        return { executionArn, startDate }
      },
      DescribeExecution: ({ executionArn }: { executionArn: string }, caller) => {
        demand(o.keyring, caller, 'states:DescribeExecution', executionArn)
        return executionOf(executionArn).record
      },
      StopExecution: (input: { executionArn: string }, caller) => {
        demand(o.keyring, caller, 'states:StopExecution', input.executionArn)
        return stop(input)
      },
      ListExecutions: (input: Listing, caller) => {
        demand(o.keyring, caller, 'states:ListExecutions', input.stateMachineArn)
        return list(input)
      },
    },
  })

  return {
    url: server.url,
    define: async spec => {
      const arn = `arn:aws:states:${o.region}:${o.account}:stateMachine:${spec.name}`
      const book = machines.get(arn)?.book ?? (await openRecords(join(o.stateDir, 'executions', spec.name)))
      machines.set(arn, { ...spec, arn, machine: readMachine(spec.definitionString), book })
      return arn
    },
    resume: () => {
      for (const defined of machines.values())
        for (const record of defined.book.records.values())
          if (record.status === 'RUNNING' && !running.has(record.executionArn)) begin(defined, record)
    },
    close: async () => {
      closing = true
      for (const { stop: end } of running.values()) end()
      await server.close()
    },
  }
}
