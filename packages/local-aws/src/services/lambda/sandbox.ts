import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { ACCOUNT, REGION } from '../../machine/place.ts'
import {
  type FunctionSpec,
  failure,
  type InvocationResult,
  type LogLine,
  type SandboxData,
  type SandboxReply,
  type SandboxRequest,
} from './invocation.ts'

/** One worker thread that holds one instance of a function and runs one invocation at a time. */
export type Sandbox = {
  run(event: string, signal?: AbortSignal): Promise<InvocationResult>
  stop(): Promise<void>
  readonly alive: boolean
}

// Lambda gives the code outside the handler 10 s; a machine that starts many functions at once may
// need more.
const INIT_LIMIT_MS = 30_000

const emitLines = (stream: Readable, emit: (line: string) => void) => {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim()) emit(line)
  })
  stream.on('end', () => rest.trim() && emit(rest))
}

const platformEnvironment = (spec: FunctionSpec): Record<string, string> => ({
  ...Object.fromEntries(
    ['PATH', 'HOME', 'TZ'].flatMap(key => (process.env[key] === undefined ? [] : [[key, process.env[key]]])),
  ),
  AWS_LAMBDA_FUNCTION_NAME: spec.name,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${randomBytes(16).toString('hex')}`,
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  LAMBDA_TASK_ROOT: spec.codeDir,
  _HANDLER: spec.handler,
})

const traceId = () =>
  `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`

type Running = {
  requestId: string
  event: string
  startedAt: number
  timer: NodeJS.Timeout
  settle: (result: InvocationResult) => void
}

/** Starts a worker for the function; `onExit` is called once when it is gone, however it ended. */
export const startSandbox = (o: {
  spec: FunctionSpec
  environment: Record<string, string>
  log: (line: LogLine) => void
  onExit: () => void
}): Sandbox => {
  const { spec } = o
  const dot = spec.handler.lastIndexOf('.')
  const env = { ...platformEnvironment(spec), ...spec.environment, ...o.environment }
  const data: SandboxData = {
    modulePath: join(spec.codeDir, `${spec.handler.slice(0, dot)}.mjs`),
    exportName: spec.handler.slice(dot + 1),
    functionName: spec.name,
    functionArn: `arn:aws:lambda:${env.AWS_REGION}:${ACCOUNT}:function:${spec.name}`,
    memoryMb: spec.memoryMb,
  }
  const worker = new Worker(join(import.meta.dirname, 'bootstrap.ts'), {
    workerData: data,
    env,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: spec.memoryMb },
  })
  const emit = (stream: LogLine['stream'], line: string) => o.log({ functionName: spec.name, stream, line })
  emitLines(worker.stdout, line => emit('stdout', line))
  emitLines(worker.stderr, line => emit('stderr', line))

  let alive = true
  let ready = false
  let running: Running | undefined
  let crash: Error | undefined

  const finish = (result: InvocationResult) => {
    if (!running) return
    const { requestId, startedAt, timer, settle } = running
    running = undefined
    clearTimeout(timer)
    if (!result.ok)
      emit('platform', `${requestId} ${result.errorType}: ${result.trace?.join('\n') ?? result.errorMessage}`)
    emit(
      'platform',
      `REPORT RequestId: ${requestId} Duration: ${Date.now() - startedAt} ms Status: ${result.ok ? 'success' : 'error'}`,
    )
    settle(result)
  }
  const stop = async () => {
    alive = false
    finish(failure('Sandbox.Stopped', 'The invocation was stopped'))
    await worker.terminate()
  }
  const expire = () => {
    const text = `${new Date().toISOString()} ${running?.requestId} Task timed out after ${spec.timeoutSeconds.toFixed(2)} seconds`
    finish(failure('Sandbox.Timedout', text))
    void stop()
  }
  const begin = () => {
    if (!running) return
    clearTimeout(running.timer)
    running.startedAt = Date.now()
    running.timer = setTimeout(expire, spec.timeoutSeconds * 1000)
    const deadline = running.startedAt + spec.timeoutSeconds * 1000
    worker.postMessage({
      requestId: running.requestId,
      event: running.event,
      deadline,
      traceId: traceId(),
    } satisfies SandboxRequest)
  }

  worker.on('message', (reply: SandboxReply) => {
    if (reply.kind === 'ready') {
      ready = true
      begin()
    } else if (reply.kind === 'answer') {
      finish({ ok: true, payload: JSON.parse(reply.payload) })
    } else {
      finish(reply.failure)
      if (reply.fatal) void stop()
    }
  })
  worker.on('error', error => {
    crash = error instanceof Error ? error : new Error(String(error))
  })
  worker.on('exit', code => {
    alive = false
    if (crash && !running)
      emit('platform', `The function ended between invocations: ${crash.stack ?? crash.message}`)
    const reason = crash ? `${crash.name}: ${crash.message}` : `exit status ${code}`
    finish(
      failure(
        'Runtime.ExitError',
        `RequestId: ${running?.requestId} Error: Runtime exited with error: ${reason}`,
        crash?.stack?.split('\n'),
      ),
    )
    o.onExit()
  })

  return {
    get alive() {
      return alive
    },
    run: (event, signal) =>
      new Promise(resolve => {
        const abort = () => void stop()
        const settle = (result: InvocationResult) => {
          signal?.removeEventListener('abort', abort)
          resolve(result)
        }
        const timer = setTimeout(expire, INIT_LIMIT_MS + spec.timeoutSeconds * 1000)
        running = { requestId: randomUUID(), event, startedAt: Date.now(), timer, settle }
        signal?.addEventListener('abort', abort, { once: true })
        if (ready) begin()
      }),
    stop,
  }
}
