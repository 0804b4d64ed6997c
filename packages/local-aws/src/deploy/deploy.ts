import type { Assembly, Stack, TemplateResource } from './assembly.ts'
import { type Cloud, type Deployed, inventedId, inventedName, type Resource } from './cloud.ts'
import { resolveSecrets } from './dynamic-references.ts'
import { ignored } from './ignored.ts'
import { referencesIn, resolveIntrinsics, type Scope } from './intrinsics.ts'
import { resourceKinds } from './resource-kinds.ts'

const pseudoParameters = ({ region, account }: Cloud, stackName: string): Record<string, unknown> => ({
  'AWS::Region': region,
  'AWS::AccountId': account,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': stackName,
  'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/local`,
  'AWS::NotificationARNs': [],
})

// Nothing looks behind the name of an ignored resource, so any attribute will do; an ARN at least
// looks like one.
const stubOf = (resource: Resource, type: string, cloud: Cloud): Deployed => {
  const id = `${type.split('::').at(-1)!.toLowerCase()}-${inventedId(resource)}`
  const arn = `arn:aws:${type.split('::')[1]?.toLowerCase()}:${cloud.region}:${cloud.account}:${id}`
  const attribute = (_: object, name: string | symbol) =>
    /arn$/i.test(String(name)) ? arn : `${id}.${String(name)}`
  return {
    ref: type === 'AWS::SNS::Topic' ? arn : id,
    attributes: new Proxy({}, { get: attribute, has: () => true }),
  }
}

const checkTypes = ({ template, name: stackName }: Stack): void => {
  const unknown = new Set(Object.values(template.Resources).map(({ Type }) => Type))
  for (const type of unknown) if (type in ignored || resourceKinds.has(type)) unknown.delete(type)
  if (unknown.size === 0) return
  const list = [...unknown].join(', ')
  throw new Error(
    `${stackName} has resources that local-aws does not emulate: ${list}. Add it to the resources.ts of its service, or a reason to src/deploy/ignored.ts`,
  )
}

/** Logical ids so that each comes after what it refers to or depends on. */
const deploymentOrder = (resources: Record<string, TemplateResource>): string[] => {
  const order: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  const visit = (id: string, path: string[]): void => {
    const resource = resources[id]
    if (!resource || state.get(id) === 'done') return
    if (state.get(id) === 'open')
      throw new Error(`resources refer to each other in a circle: ${[...path, id].join(' -> ')}`)
    state.set(id, 'open')
    for (const other of [...referencesIn(resource.Properties), ...[resource.DependsOn ?? []].flat()])
      visit(other, [...path, id])
    state.set(id, 'done')
    order.push(id)
  }
  for (const id of Object.keys(resources)) visit(id, [])
  return order
}

const deployStack = async (
  stack: Stack,
  assembly: Assembly,
  cloud: Cloud,
  exported: Map<string, unknown>,
): Promise<void> => {
  const { template, name: stackName } = stack
  const deployed = new Map<string, Deployed>()
  const pseudo = pseudoParameters(cloud, stackName)
  const find = (id: string): Deployed => {
    const found = deployed.get(id)
    if (!found) throw new Error(`${stackName} refers to ${id}, which is not deployed`)
    return found
  }
  const scope: Scope = {
    ref: name => {
      if (name in pseudo) return pseudo[name]
      return template.Parameters?.[name] ? template.Parameters[name].Default : find(name).ref
    },
    attribute: (id, attribute) => {
      const { attributes = {} } = find(id)
      if (attribute in attributes) return attributes[attribute]
      throw new Error(
        `${stackName} asks for ${id}.${attribute}; ${template.Resources[id]?.Type} has no such attribute here`,
      )
    },
    condition: name => Boolean(resolveIntrinsics(template.Conditions?.[name], scope)),
    mapping: (name, first, second) => template.Mappings?.[name]?.[first]?.[second],
    exported: name => {
      if (exported.has(name)) return exported.get(name)
      throw new Error(`${stackName} imports ${name}, which no stack before it exports`)
    },
  }

  const deployResource = async (logicalId: string): Promise<void> => {
    const { Type, Properties = {}, Condition } = template.Resources[logicalId]!
    if (Condition && !scope.condition(Condition)) return
    const assetPath = (objectKey: string) => {
      const path = assembly.assets.get(objectKey)
      if (!path) throw new Error(`no asset ${objectKey} in the assembly`)
      return path
    }
    const resource = { logicalId, stackName, assetPath, properties: {} }
    const kind = resourceKinds.get(Type)
    if (!kind) {
      deployed.set(logicalId, stubOf(resource, Type, cloud))
      return
    }
    const properties = resolveSecrets(resolveIntrinsics(Properties, scope), cloud.secrets.valueOf) as never
    deployed.set(logicalId, await kind.deploy({ ...resource, properties }, cloud))
  }

  for (const logicalId of deploymentOrder(template.Resources))
    await deployResource(logicalId).catch(error => {
      const { Type } = template.Resources[logicalId]!
      throw new Error(`${Type} ${inventedName({ stackName, logicalId }, 255)}: ${error.message}`, {
        cause: error,
      })
    })
  for (const { Export, Value } of Object.values(template.Outputs ?? {}))
    if (Export) exported.set(String(resolveIntrinsics(Export.Name, scope)), resolveIntrinsics(Value, scope))
}

/**
 * Deploys a synthesized assembly onto local services, stack after stack. What an earlier start left
 * there stays, with its data.
 */
export const deployAssembly = async (assembly: Assembly, cloud: Cloud): Promise<void> => {
  for (const stack of assembly.stacks) checkTypes(stack)
  const exported = new Map<string, unknown>()
  for (const stack of assembly.stacks) await deployStack(stack, assembly, cloud, exported)
}
