import { setTimeout as sleep } from 'node:timers/promises'
import { type Cloud, inventedName, mayInvoke, resourceKind } from '../../deploy/cloud.ts'
import { functionNameOf } from '../../iam/arn.ts'
import { periodOf } from './server.ts'

type Target = { Arn: string; Input?: string; InputPath?: string; InputTransformer?: object }
type Rule = {
  Name?: string
  EventPattern?: object
  ScheduleExpression?: string
  State?: string
  Targets?: Target[]
}

// Lambda repeats a failed asynchronous invocation after one minute and after two more; seconds do
// on one machine.
const retryDelaysMs = [1_000, 2_000]

const invokeLater = async (
  cloud: Cloud,
  ruleArn: string,
  functionName: string,
  event: unknown,
): Promise<void> => {
  for (const delay of [0, ...retryDelaysMs]) {
    if (delay) await sleep(delay, undefined, { ref: false })
    const result = await cloud.lambda.invoke(functionName, event)
    if (result.ok || result.errorType === 'Sandbox.Stopped') return
    cloud.log({
      level: 'ERROR',
      rule: ruleArn,
      functionName,
      error: `${result.errorType}: ${result.errorMessage}`,
    })
  }
}

const eventsRule = resourceKind<Rule>('AWS::Events::Rule', (resource, cloud) => {
  const { Name, EventPattern, ScheduleExpression, State, Targets = [] } = resource.properties
  const name = Name ?? inventedName(resource, 64)
  const arn = `arn:aws:events:${cloud.region}:${cloud.account}:rule/${name}`
  const other = Targets.find(target => !target.Arn.includes(':lambda:'))
  if (other) throw new Error(`${other.Arn} is not emulated here as a rule's target: only functions are`)
  if (Targets.some(({ Input, InputPath, InputTransformer }) => Input ?? InputPath ?? InputTransformer))
    throw new Error(
      `${name}: a target of a rule is given the whole event here; Input, InputPath and InputTransformer are not emulated`,
    )
  const deliver = (event: Record<string, unknown>) => {
    for (const target of Targets) {
      const functionName = functionNameOf(target.Arn)
      if (mayInvoke(cloud, functionName, 'events.amazonaws.com', arn))
        void invokeLater(cloud, arn, functionName, event)
      else
        cloud.log({
          level: 'ERROR',
          rule: arn,
          functionName,
          error: 'the template does not permit events.amazonaws.com to invoke it',
        })
    }
  }
  if (State !== 'DISABLED')
    cloud.bus.define({
      arn,
      pattern: EventPattern,
      everyMs: ScheduleExpression ? periodOf(ScheduleExpression) : undefined,
      deliver,
    })
  return { ref: name, attributes: { Arn: arn } }
})

export const eventbridgeResources = [eventsRule]
