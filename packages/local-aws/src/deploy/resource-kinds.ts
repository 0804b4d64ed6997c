import { engineResources } from '../engines/resources.ts'
import { iamResources } from '../iam/resources.ts'
import { services } from '../services/services.ts'
import type { ResourceKind } from './cloud.ts'
import { ignored } from './ignored.ts'

const kinds: ResourceKind[] = [
  ...Object.values(services).flatMap(service => service.resources),
  ...iamResources,
  ...engineResources,
]

const both = kinds.flatMap(kind => kind.types).filter(type => type in ignored)
if (both.length > 0) throw new Error(`emulated, so no longer to be ignored: ${both.join(', ')}`)

/** The kinds of resource that are emulated, by CloudFormation type. */
export const resourceKinds: ReadonlyMap<string, ResourceKind> = new Map(
  kinds.flatMap(kind => kind.types.map(type => [type, kind] as const)),
)
