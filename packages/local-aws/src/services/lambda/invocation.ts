/**
 * A function as the template describes it. `timeoutSeconds` and `memoryMb` are enforced;
 * `concurrency` is how many workers may run at once (default 3).
 */
export type FunctionSpec = {
  name: string
  codeDir: string
  handler: string
  environment: Record<string, string>
  timeoutSeconds: number
  memoryMb: number
  concurrency?: number
}

export type LogLine = { functionName: string; stream: 'stdout' | 'stderr' | 'platform'; line: string }

export type InvocationFailure = { ok: false; errorType: string; errorMessage: string; trace?: string[] }
export type InvocationResult = { ok: true; payload: unknown } | InvocationFailure

/** The start data of a worker. */
export type SandboxData = {
  modulePath: string
  exportName: string
  functionName: string
  functionArn: string
  memoryMb: number
}

/** One invocation on its way to the worker; `event` is JSON. */
export type SandboxRequest = { requestId: string; event: string; deadline: number; traceId: string }

/** The reply of the worker; `payload` is JSON. */
export type SandboxReply =
  | { kind: 'ready' }
  | { kind: 'answer'; payload: string }
  | { kind: 'failure'; failure: InvocationFailure; fatal: boolean }

export const failure = (errorType: string, errorMessage: string, trace?: string[]): InvocationFailure => ({
  ok: false,
  errorType,
  errorMessage,
  ...(trace ? { trace } : {}),
})

/**
 * Lambda's synchronous limits in bytes of JSON; the answer may be a little longer than the request,
 * for the platform's envelope.
 */
export const REQUEST_LIMIT_BYTES = 6_291_456
export const RESPONSE_LIMIT_BYTES = 6_291_556
