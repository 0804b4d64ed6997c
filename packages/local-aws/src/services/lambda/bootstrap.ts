import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import {
  failure,
  type InvocationFailure,
  RESPONSE_LIMIT_BYTES,
  type SandboxData,
  type SandboxReply,
  type SandboxRequest,
} from './invocation.ts'

type Handler = (event: unknown, context: object) => unknown

const { modulePath, exportName, functionName, functionArn, memoryMb } = workerData as SandboxData
const port = parentPort!
const reply = (message: SandboxReply) => port.postMessage(message)

const failureOf = (thrown: unknown, errorType?: string): InvocationFailure =>
  thrown instanceof Error
    ? failure(errorType ?? thrown.name, thrown.message, thrown.stack?.split('\n'))
    : failure(
        errorType ?? typeof thrown,
        typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown)),
      )

const load = async (): Promise<Handler | InvocationFailure> => {
  try {
    const handler = (await import(pathToFileURL(modulePath).href))[exportName]
    return typeof handler === 'function'
      ? handler
      : failure('Runtime.HandlerNotFound', `${exportName} is undefined or not exported`)
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    return failureOf(error, missing ? 'Runtime.ImportModuleError' : undefined)
  }
}

const answer = async (
  handler: Handler,
  { requestId, event, deadline, traceId }: SandboxRequest,
): Promise<SandboxReply> => {
  process.env._X_AMZN_TRACE_ID = traceId
  const context = {
    awsRequestId: requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: String(memoryMb),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
  try {
    const payload = JSON.stringify(await handler(JSON.parse(event), context)) ?? 'null'
    if (Buffer.byteLength(payload) <= RESPONSE_LIMIT_BYTES) return { kind: 'answer', payload }
    const text = `Response payload size exceeded maximum allowed payload size (${RESPONSE_LIMIT_BYTES} bytes).`
    return { kind: 'failure', failure: failure('Function.ResponseSizeTooLarge', text), fatal: false }
  } catch (error) {
    return { kind: 'failure', failure: failureOf(error), fatal: false }
  }
}

const handler = await load()
if (typeof handler === 'function') {
  port.on('message', async (request: SandboxRequest) => reply(await answer(handler, request)))
  reply({ kind: 'ready' })
} else {
  reply({ kind: 'failure', failure: handler, fatal: true })
}
