import { functionNameOf } from '../../iam/arn.ts'
import type { Keyring } from '../../iam/keyring.ts'
import type { Ecs, RunTask } from '../ecs/server.ts'
import type { Lambda } from '../lambda/server.ts'
import { type Perform, TaskError } from './execution.ts'

type LambdaCall = { FunctionName: string; Payload?: unknown }

const RUN_TASK_ARN = 'arn:aws:states:::ecs:runTask.sync'
const INVOKE_ARN = 'arn:aws:states:::lambda:invoke'

/** True for a Task state's Resource that can be emulated here. */
export const canPerform = (resource: string): boolean =>
  resource === RUN_TASK_ARN || resource === INVOKE_ARN || /^arn:aws:lambda:[^:]*:\d*:function:/.test(resource)

/**
 * Does what Task states ask for in the name of the machine's role: Lambda functions and ECS tasks.
 */
export const performTasks = (o: {
  lambda: Pick<Lambda, 'invoke'>
  ecs: Ecs
  keyring: Keyring
  roleName: string
}): Perform => {
  const { accessKeyId } = o.keyring.issue(o.roleName)
  const demandFor = (service: string, action: string, arn: string) => {
    if (!o.keyring.authorize(accessKeyId, action, arn))
      throw new TaskError(
        `${service}.AccessDeniedException`,
        `The role ${o.roleName} is not authorized to perform: ${action} on resource: ${arn}`,
      )
  }
  const invoke = async (arn: string, event: unknown, signal: AbortSignal) => {
    demandFor('Lambda', 'lambda:InvokeFunction', arn)
    const result = await o.lambda.invoke(functionNameOf(arn), event, { signal })
    if (result.ok) return result.payload
    const { errorType, errorMessage, trace } = result
    throw new TaskError(errorType, JSON.stringify({ errorType, errorMessage, ...(trace ? { trace } : {}) }))
  }
  const runTask = async (task: RunTask, signal: AbortSignal) => {
    demandFor('ECS', 'ecs:RunTask', o.ecs.arnOf(task.TaskDefinition))
    const finished = await o.ecs.run(task, signal)
    if (finished.Containers.some(({ ExitCode }) => ExitCode !== 0))
      throw new TaskError('States.TaskFailed', JSON.stringify(finished))
    return finished
  }
  return async ({ resource, input, signal }) => {
    if (resource === RUN_TASK_ARN) return runTask(input as RunTask, signal)
    if (resource !== INVOKE_ARN) return invoke(resource, input, signal)
    const { FunctionName, Payload } = input as LambdaCall
    return {
      ExecutedVersion: '$LATEST',
      Payload: await invoke(FunctionName, Payload ?? {}, signal),
      StatusCode: 200,
    }
  }
}
