import { inventedName, resourceKind } from '../deploy/cloud.ts'
import { roleNameOf } from './arn.ts'
import type { PolicyDocument } from './policy-engine.ts'

type Role = { RoleName?: string; Policies?: { PolicyName: string; PolicyDocument: PolicyDocument }[] }
type Policy = { PolicyName: string; Roles?: string[]; PolicyDocument: PolicyDocument }

/**
 * AWS's own managed policies (logs, network interfaces) concern services that nothing here calls;
 * only the template's policies count.
 */
const iamRole = resourceKind<Role>('AWS::IAM::Role', (resource, cloud) => {
  const name = resource.properties.RoleName ?? inventedName(resource, 64)
  for (const { PolicyName, PolicyDocument } of resource.properties.Policies ?? [])
    cloud.keyring.attach(name, PolicyName, PolicyDocument)
  return { ref: name, attributes: { Arn: `arn:aws:iam::${cloud.account}:role/${name}`, RoleId: name } }
})

const iamPolicy = resourceKind<Policy>('AWS::IAM::Policy', ({ stackName, properties }, cloud) => {
  const { PolicyName, Roles = [], PolicyDocument } = properties
  for (const role of Roles)
    cloud.keyring.attach(roleNameOf(role), `${stackName}/${PolicyName}`, PolicyDocument)
  return { ref: PolicyName }
})

export const iamResources = [iamRole, iamPolicy]
