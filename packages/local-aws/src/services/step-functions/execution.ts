import {
  ExecutionAbortedError,
  ExecutionError,
  ExecutionTimeoutError,
  StateMachine,
  type StateMachineDefinition,
} from 'aws-local-stepfunctions'

export type ExecutionEnd =
  | { status: 'SUCCEEDED'; output: unknown }
  | { status: 'FAILED' | 'TIMED_OUT' | 'ABORTED'; error?: string; cause?: string }

/** Does the work of one Task state. `input` is what the state's Parameters made of it. */
export type Perform = (call: {
  stateName: string
  resource: string
  input: unknown
  signal: AbortSignal
}) => Promise<unknown>

/** Fails a Task state with an error name that Retry and Catch can match. */
export class TaskError extends Error {
  constructor(error: string, cause: string) {
    super(cause)
    this.name = error
  }
}

const DATA_LIMIT_BYTES = 262_144
// Step Functions has no default limit for a Task, the library has one of 60 s; a timer holds at
// most 24.8 days.
const LONGEST_SECONDS = 20 * 24 * 3600

const shortened = (cause: unknown) =>
  (typeof cause === 'string' ? cause : JSON.stringify(cause))?.slice(0, 500)

type State = {
  Type: string
  Resource?: string
  TimeoutSeconds?: number
  Branches?: { States: Record<string, State> }[]
  ItemProcessor?: { States: Record<string, State> }
}

/**
 * A definition made ready for the library: its Task states, and for each Parallel or Map state the
 * names of the Task states inside.
 */
export type Machine = {
  definition: StateMachineDefinition
  tasks: Map<string, string>
  inside: Map<string, Set<string>>
}

// Inside a branch the library sets $$.Execution.Input to the branch's input; so it is read from a
// place the library leaves alone.
const moveContext = (definition: string) =>
  definition.replace(/\$\$\.Execution\.(Input|StartTime)/g, '$$$$.Root.$1')

/** Reads a resolved DefinitionString; throws when it is not valid ASL. */
export const readMachine = (definitionString: string): Machine => {
  new StateMachine(JSON.parse(definitionString))
  const definition = JSON.parse(moveContext(definitionString)) as StateMachineDefinition
  const tasks = new Map<string, string>()
  const inside = new Map<string, Set<string>>()
  const visit = (states: Record<string, State>, containers: string[]) => {
    for (const [name, state] of Object.entries(states)) {
      for (const nested of [...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])])
        visit(nested.States, [...containers, name])
      if (state.Type !== 'Task') continue
      state.TimeoutSeconds = Math.min(state.TimeoutSeconds ?? LONGEST_SECONDS, LONGEST_SECONDS)
      tasks.set(name, state.Resource!)
      for (const container of containers)
        inside.set(container, (inside.get(container) ?? new Set()).add(name))
    }
  }
  visit(definition.States as unknown as Record<string, State>, [])
  if (definition.TimeoutSeconds)
    definition.TimeoutSeconds = Math.min(definition.TimeoutSeconds, LONGEST_SECONDS)
  return { definition, tasks, inside }
}

/**
 * Runs one execution. `stop` ends it, also the work it has in hand; tasks of a failed branch's
 * siblings and of timed-out states are ended as well.
 */
export const runExecution = (o: {
  machine: Machine
  execution: { Id: string; Name: string; RoleArn: string; StateMachineId: string; StateMachineName: string }
  input: unknown
  perform: Perform
  log: (line: object) => void
}): { end: Promise<ExecutionEnd>; stop(): void } => {
  const live = new Set<{ stateName: string; startedAt: number; controller: AbortController }>()
  let ended = false

  const handlerOf = (stateName: string, resource: string) => async (input: unknown) => {
    if (ended) throw new TaskError('States.TaskFailed', 'The execution has ended')
    const work = { stateName, startedAt: Date.now(), controller: new AbortController() }
    live.add(work)
    try {
      const result = (await o.perform({ stateName, resource, input, signal: work.controller.signal })) ?? null
      if (Buffer.byteLength(JSON.stringify(result)) <= DATA_LIMIT_BYTES) return result as never
    } finally {
      live.delete(work)
    }
    throw new TaskError(
      'States.DataLimitExceeded',
      `The state '${stateName}' returned a result with a size exceeding 256 KiB.`,
    )
  }
  const endWork = (names: Set<string>, startedBy = Number.POSITIVE_INFINITY) => {
    for (const { stateName, startedAt, controller } of live)
      if (names.has(stateName) && startedAt <= startedBy) controller.abort()
  }

  const { Id, Name, RoleArn, StateMachineId, StateMachineName } = o.execution
  const run = new StateMachine(o.machine.definition, { validationOptions: { noValidate: true } }).run(
    o.input as never,
    {
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(
          [...o.machine.tasks].map(([name, resource]) => [name, handlerOf(name, resource)]),
        ),
      },
      context: {
        Execution: { Id, Name, RoleArn },
        StateMachine: { Id: StateMachineId, Name: StateMachineName },
        Root: { Input: o.input, StartTime: new Date().toISOString() },
      },
    },
  )
  const follow = async () => {
    for await (const event of run.eventLogs) {
      if (!('state' in event)) continue
      const { name } = event.state
      if (event.type === 'StateFailed')
        endWork(o.machine.inside.get(name) ?? new Set([name]), event.timestamp)
      const problem =
        'Error' in event ? { level: 'WARN', error: event.Error, cause: shortened(event.Cause) } : {}
      if (event.type !== 'StateExited') o.log({ execution: Name, event: event.type, state: name, ...problem })
    }
  }
  follow().catch(() => {})

  const end = run.result
    .then((output): ExecutionEnd => ({ status: 'SUCCEEDED', output }))
    .catch((error): ExecutionEnd => {
      if (error instanceof ExecutionTimeoutError) return { status: 'TIMED_OUT' }
      if (error instanceof ExecutionAbortedError) return { status: 'ABORTED' }
      const cause = error instanceof ExecutionError ? (error.cause as Error) : error
      return { status: 'FAILED', error: cause.name, cause: cause.message }
    })
    .finally(() => {
      ended = true
      endWork(new Set(o.machine.tasks.keys()))
    })
  return { end, stop: run.abort }
}
