import { type AccessKeys, type Credentials, openAccessKeys } from './access-keys.ts'
import type { RequestContext } from './conditions.ts'
import { createPolicyEngine, type PolicyEngine } from './policy-engine.ts'

export type { Credentials }

/** Resolves callers by their access key, and decides what they may do. */
export type Keyring = Pick<AccessKeys, 'issue' | 'operator' | 'secretOf'> &
  Partial<Pick<AccessKeys, 'holderOf'>> & {
    authorize(accessKeyId: string, action: string, resourceArn: string, context?: RequestContext): boolean
  }

/** A keyring whose roles the deployment gives their policies. */
export type RoleKeyring = Keyring & Pick<PolicyEngine, 'attach'>

/** Opens the keys of the state folder, without a policy yet. The operator may do anything. */
export const openKeyring = (stateDir: string, own?: Credentials): RoleKeyring => {
  const keys = openAccessKeys(stateDir, own)
  const policies = createPolicyEngine()
  return {
    ...keys,
    attach: policies.attach,
    authorize: (accessKeyId, action, resourceArn, context = {}) => {
      const holder = keys.holderOf(accessKeyId)
      if (holder === 'operator') return true
      return (
        holder !== undefined && policies.allows(holder.slice('role/'.length), action, resourceArn, context)
      )
    },
  }
}
