import { roleNameOf } from '../arn.ts'
import { type Cloud, inventedName, resourceKind } from '../cloud.ts'

type Container = {
  Name: string
  Environment?: { Name: string; Value: string }[]
  Secrets?: { Name: string; ValueFrom: string }[]
}
type Task = { Family?: string; TaskRoleArn?: string; ContainerDefinitions: Container[] }

// ValueFrom is a secret's ARN (seven parts), followed by `:jsonKey:stage:version` when one key of it is meant.
const secretValue = (cloud: Cloud, valueFrom: string): string => {
  const parts = valueFrom.split(':')
  const value = cloud.secrets.valueOf(parts.slice(0, 7).join(':')) ?? ''
  return parts[7] ? String(JSON.parse(value)[parts[7]]) : value
}

export const ecsCluster = resourceKind<{ ClusterName?: string }>('AWS::ECS::Cluster', (resource, cloud) => {
  const name = resource.properties.ClusterName ?? inventedName(resource, 255)
  return { ref: name, attributes: { Arn: `arn:aws:ecs:${cloud.region}:${cloud.account}:cluster/${name}` } }
})

export const ecsTaskDefinition = resourceKind<Task>('AWS::ECS::TaskDefinition', (resource, cloud) => {
  const { Family, TaskRoleArn, ContainerDefinitions } = resource.properties
  const containers = ContainerDefinitions.map(({ Name, Environment = [], Secrets = [] }) => ({
    name: Name,
    environment: {
      ...Object.fromEntries(Environment.map(variable => [variable.Name, variable.Value])),
      ...Object.fromEntries(Secrets.map(secret => [secret.Name, secretValue(cloud, secret.ValueFrom)])),
    },
  }))
  const family = Family ?? inventedName(resource, 255)
  const arn = cloud.ecs.register({ family, roleName: roleNameOf(TaskRoleArn ?? ''), containers })
  return { ref: arn, attributes: { TaskDefinitionArn: arn } }
})
