import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Conditions, checkConditions, holdFor, type RequestContext } from './conditions.ts'
import { matchesPattern } from './patterns.ts'

export type Credentials = { accessKeyId: string; secretAccessKey: string }

export type Statement = {
  Effect: 'Allow' | 'Deny'
  Action?: string | string[]
  NotAction?: string | string[]
  Resource?: string | string[]
  NotResource?: string | string[]
  Condition?: Conditions
}

export type PolicyDocument = { Statement: Statement | Statement[] }

/** Resolves callers, and decides what their role may do according to the template. */
export type Keyring = {
  /** One stable key for each role. */
  issue(roleName: string): Credentials
  /** May do anything: what the services themselves and a developer's aws command line use. */
  operator: Credentials
  secretOf(accessKeyId: string): string | undefined
  authorize(accessKeyId: string, action: string, resourceArn: string, context?: RequestContext): boolean
  /** Whose key it is, for messages. */
  holderOf?(accessKeyId: string): string | undefined
}

/** A keyring whose roles the deployment fills; a policy of the same name replaces the one before. Throws on conditions that nothing here evaluates. */
export type RoleKeyring = Keyring & { attach(roleName: string, policyName: string, document: PolicyDocument): void }

const listOf = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : Array.isArray(value) ? value : [value])

const matchesAction = (pattern: string, action: string) => matchesPattern(pattern.toLowerCase(), action.toLowerCase())

const covers = (statement: Statement, action: string, resource: string, context: RequestContext): boolean => {
  const actionFits = statement.NotAction
    ? !listOf(statement.NotAction).some(pattern => matchesAction(pattern, action))
    : listOf(statement.Action).some(pattern => matchesAction(pattern, action))
  if (!actionFits || !holdFor(statement.Condition, context)) return false
  return statement.NotResource
    ? !listOf(statement.NotResource).some(pattern => matchesPattern(pattern, resource))
    : listOf(statement.Resource).some(pattern => matchesPattern(pattern, resource))
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

const newCredentials = (): Credentials => ({
  accessKeyId: `AKIA${Array.from({ length: 16 }, () => base32[randomInt(32)]).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64'),
})

/** Opens the keys kept in the state folder. `own`: credentials from the operator's environment, which then count as the operator. */
export const openKeyring = (stateDir: string, own?: Credentials): RoleKeyring => {
  const file = join(stateDir, 'keys.json')
  const read = (): Record<string, Credentials> => {
    try {
      return JSON.parse(readFileSync(file, 'utf8'))
    } catch {
      return {}
    }
  }
  const keys = read()
  const policies = new Map<string, Map<string, Statement[]>>()

  const keyOf = (holder: string): Credentials => {
    const known = keys[holder]
    if (known) return known
    const created = newCredentials()
    keys[holder] = created
    writeFileSync(file, JSON.stringify(keys, null, 2), { mode: 0o600 })
    return created
  }
  const operator = own ?? keyOf('operator')
  const holderOf = (accessKeyId: string) => Object.entries(keys).find(([, key]) => key.accessKeyId === accessKeyId)?.[0]

  return {
    operator,
    holderOf,
    issue: roleName => keyOf(`role/${roleName}`),
    secretOf: accessKeyId =>
      accessKeyId === operator.accessKeyId ? operator.secretAccessKey : keys[holderOf(accessKeyId) ?? '']?.secretAccessKey,
    attach: (roleName, policyName, document) => {
      const attached = policies.get(roleName) ?? new Map<string, Statement[]>()
      const statements = listOf(document.Statement)
      for (const { Condition } of statements) checkConditions(Condition)
      policies.set(roleName, attached.set(policyName, statements))
    },
    authorize: (accessKeyId, action, resourceArn, context = {}) => {
      const holder = accessKeyId === operator.accessKeyId ? 'operator' : holderOf(accessKeyId)
      if (holder === 'operator') return true
      if (!holder) return false
      const statements = [...(policies.get(holder.slice('role/'.length))?.values() ?? [])].flat()
      const applicable = statements.filter(statement => covers(statement, action, resourceArn, context))
      return applicable.length > 0 && applicable.every(({ Effect }) => Effect === 'Allow')
    },
  }
}
