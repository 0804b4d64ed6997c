import { inventedName, resourceKind } from '../../deploy/cloud.ts'
import { roleNameOf } from '../../iam/arn.ts'

type Container = { Name: string; Environment?: { Name: string; Value: string }[]; Secrets?: object[] }
type Task = { Family?: string; TaskRoleArn?: string; ContainerDefinitions: Container[] }

const ecsCluster = resourceKind<{ ClusterName?: string }>('AWS::ECS::Cluster', (resource, cloud) => {
  const name = resource.properties.ClusterName ?? inventedName(resource, 255)
  return { ref: name, attributes: { Arn: `arn:aws:ecs:${cloud.region}:${cloud.account}:cluster/${name}` } }
})

const ecsTaskDefinition = resourceKind<Task>('AWS::ECS::TaskDefinition', (resource, cloud) => {
  const { Family, TaskRoleArn, ContainerDefinitions } = resource.properties
  const containers = ContainerDefinitions.map(({ Name, Environment = [], Secrets }) => {
    if (Secrets) throw new Error(`${Name}: secrets of a container are not emulated here`)
    return {
      name: Name,
      environment: Object.fromEntries(Environment.map(variable => [variable.Name, variable.Value])),
    }
  })
  const family = Family ?? inventedName(resource, 255)
  const arn = cloud.ecs.register({ family, roleName: roleNameOf(TaskRoleArn ?? ''), containers })
  return { ref: arn, attributes: { TaskDefinitionArn: arn } }
})

export const ecsResources = [ecsCluster, ecsTaskDefinition]
