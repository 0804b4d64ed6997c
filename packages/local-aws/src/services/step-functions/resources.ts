import { inventedName, resourceKind } from '../../deploy/cloud.ts'
import { roleNameOf } from '../../iam/arn.ts'
import { readMachine } from './execution.ts'
import { canPerform, performTasks } from './integrations.ts'

type Properties = {
  StateMachineName?: string
  StateMachineType?: string
  RoleArn: string
  DefinitionString?: string
  Definition?: object
}

const stateMachine = resourceKind<Properties>('AWS::StepFunctions::StateMachine', async (resource, cloud) => {
  const { StateMachineName, StateMachineType, RoleArn, DefinitionString, Definition } = resource.properties
  if (StateMachineType === 'EXPRESS')
    throw new Error(`${resource.logicalId}: express workflows are not emulated here`)
  const name = StateMachineName ?? inventedName(resource, 80)
  const definitionString = DefinitionString ?? JSON.stringify(Definition)
  for (const [state, task] of readMachine(definitionString).tasks)
    if (!canPerform(task))
      throw new Error(`state ${state} of ${name} uses ${task}, which is not emulated here`)
  const { lambda, ecs, keyring } = cloud
  const perform = performTasks({ lambda, ecs, keyring, roleName: roleNameOf(RoleArn) })
  const arn = await cloud.states.define({ name, roleArn: RoleArn, definitionString, perform })
  return { ref: arn, attributes: { Arn: arn, Name: name } }
})

export const stepFunctionsResources = [stateMachine]
