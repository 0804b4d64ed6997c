import { createFunctionPool, type FunctionPool } from './function-pool.ts'
import {
  type FunctionSpec,
  failure,
  type InvocationResult,
  type LogLine,
  REQUEST_LIMIT_BYTES,
} from './invocation.ts'

export type { FunctionSpec, InvocationResult, LogLine } from './invocation.ts'

export type Lambda = {
  /** Adds a function, or replaces it with its new description. */
  define(spec: FunctionSpec): void
  /**
   * Runs the function; waits for a free worker. Aborting the signal ends the wait or kills the run.
   * Never throws for what the function does.
   */
  invoke(name: string, event: unknown, o?: { signal?: AbortSignal }): Promise<InvocationResult>
  /** The next invocations load the code anew; running ones finish. */
  reload(name: string): void
  close(): Promise<void>
}

/**
 * Runs functions from their bundles in worker threads, each with its own environment, timeout,
 * memory and concurrency.
 */
export const startLambda = (o: {
  environmentFor: (spec: FunctionSpec) => Record<string, string>
  log: (line: LogLine) => void
}): Lambda => {
  const functions = new Map<string, { spec: FunctionSpec; pool: FunctionPool }>()
  const retired = new Set<FunctionPool>()
  let closed = false

  const define = (spec: FunctionSpec) => {
    const previous = functions.get(spec.name)?.pool
    const pool = createFunctionPool(spec, o)
    functions.set(spec.name, { spec, pool })
    if (!previous) return
    retired.add(previous)
    for (const waiting of previous.retire()) pool.enqueue(waiting)
  }

  return {
    define,
    invoke: async (name, event, { signal } = {}) => {
      const entry = functions.get(name)
      if (!entry) return failure('ResourceNotFoundException', `Function not found: ${name}`)
      if (closed || signal?.aborted) return failure('Sandbox.Stopped', 'The invocation was stopped')
      const payload = JSON.stringify(event) ?? 'null'
      if (Buffer.byteLength(payload) > REQUEST_LIMIT_BYTES)
        return failure(
          'RequestTooLargeException',
          `Request must be smaller than ${REQUEST_LIMIT_BYTES} bytes for the InvokeFunction operation`,
        )
      return new Promise(resolve => entry.pool.enqueue({ event: payload, signal, resolve }))
    },
    reload: name => {
      const entry = functions.get(name)
      if (entry) define(entry.spec)
    },
    close: async () => {
      closed = true
      await Promise.all([
        ...[...functions.values()].map(({ pool }) => pool.close()),
        ...[...retired].map(pool => pool.close()),
      ])
    },
  }
}
