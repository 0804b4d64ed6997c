import { type FunctionSpec, failure, type InvocationResult, type LogLine } from './invocation.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'

type Waiting = { event: string; signal?: AbortSignal; resolve: (result: InvocationResult) => void }

/**
 * The sandboxes of one version of one function, and the invocations that wait for one, first come
 * first served.
 */
export type FunctionPool = {
  enqueue(waiting: Waiting): void
  /**
   * Takes no more work: idle sandboxes end now, busy ones when they are done. Returns what was
   * still waiting.
   */
  retire(): Waiting[]
  /** Ends every sandbox at once. */
  close(): Promise<void>
}

const IDLE_MS = 60_000

export const createFunctionPool = (
  spec: FunctionSpec,
  o: { environmentFor: (spec: FunctionSpec) => Record<string, string>; log: (line: LogLine) => void },
): FunctionPool => {
  const limit = spec.concurrency ?? 3
  const waiting: Waiting[] = []
  const busy = new Set<Sandbox>()
  const idle = new Map<Sandbox, NodeJS.Timeout>() // the most recently used comes last
  let retired = false

  const forget = (sandbox: Sandbox) => {
    clearTimeout(idle.get(sandbox))
    idle.delete(sandbox)
  }
  const trim = (sandbox: Sandbox) => {
    if (idle.size < 2) return
    forget(sandbox)
    void sandbox.stop()
  }
  const start = () => {
    const sandbox: Sandbox = startSandbox({
      spec,
      environment: o.environmentFor(spec),
      log: o.log,
      onExit: () => forget(sandbox),
    })
    return sandbox
  }
  const takeIdle = () => {
    const sandbox = [...idle.keys()].at(-1)
    if (sandbox) forget(sandbox)
    return sandbox
  }
  const serve = async ({ event, signal, resolve }: Waiting) => {
    const sandbox = takeIdle() ?? start()
    busy.add(sandbox)
    const result = await sandbox.run(event, signal)
    busy.delete(sandbox)
    if (retired) void sandbox.stop()
    else if (sandbox.alive) idle.set(sandbox, setTimeout(trim, IDLE_MS, sandbox).unref())
    resolve(result)
    dispatch()
  }
  const dispatch = () => {
    while (busy.size < limit) {
      const next = waiting.shift()
      if (!next) return
      void serve(next)
    }
  }
  const stopIdle = () =>
    [...idle.keys()].map(sandbox => {
      forget(sandbox)
      return sandbox.stop()
    })

  return {
    enqueue: item => {
      const cancel = () => {
        const at = waiting.indexOf(queued)
        if (at >= 0)
          waiting.splice(at, 1)[0]?.resolve(failure('Sandbox.Stopped', 'The invocation was stopped'))
      }
      const resolve = (result: InvocationResult) => {
        item.signal?.removeEventListener('abort', cancel)
        item.resolve(result)
      }
      const queued = { ...item, resolve }
      item.signal?.addEventListener('abort', cancel, { once: true })
      waiting.push(queued)
      dispatch()
    },
    retire: () => {
      retired = true
      stopIdle()
      return waiting.splice(0)
    },
    close: async () => {
      retired = true
      for (const { resolve } of waiting.splice(0))
        resolve(failure('Sandbox.Stopped', 'The runtime is closed'))
      await Promise.all([...stopIdle(), ...[...busy].map(sandbox => sandbox.stop())])
    },
  }
}
