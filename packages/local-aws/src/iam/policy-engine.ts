import { type Conditions, checkConditions, holdFor, type RequestContext } from './conditions.ts'
import { matchesPattern } from './patterns.ts'

export type Statement = {
  Effect: 'Allow' | 'Deny'
  Action?: string | string[]
  NotAction?: string | string[]
  Resource?: string | string[]
  NotResource?: string | string[]
  Condition?: Conditions
}

export type PolicyDocument = { Statement: Statement | Statement[] }

/** Decides what a role may do according to the template. */
export type PolicyEngine = {
  /**
   * A policy of the same name replaces the one before. Throws on conditions that nothing here
   * evaluates.
   */
  attach(roleName: string, policyName: string, document: PolicyDocument): void
  allows(roleName: string, action: string, resourceArn: string, context: RequestContext): boolean
}

const listOf = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

const matchesAction = (pattern: string, action: string) =>
  matchesPattern(pattern.toLowerCase(), action.toLowerCase())

const covers = (statement: Statement, action: string, resource: string, context: RequestContext): boolean => {
  const actionFits = statement.NotAction
    ? !listOf(statement.NotAction).some(pattern => matchesAction(pattern, action))
    : listOf(statement.Action).some(pattern => matchesAction(pattern, action))
  if (!actionFits || !holdFor(statement.Condition, context)) return false
  return statement.NotResource
    ? !listOf(statement.NotResource).some(pattern => matchesPattern(pattern, resource))
    : listOf(statement.Resource).some(pattern => matchesPattern(pattern, resource))
}

export const createPolicyEngine = (): PolicyEngine => {
  const policies = new Map<string, Map<string, Statement[]>>()
  return {
    attach: (roleName, policyName, document) => {
      const attached = policies.get(roleName) ?? new Map<string, Statement[]>()
      const statements = listOf(document.Statement)
      for (const { Condition } of statements) checkConditions(Condition)
      policies.set(roleName, attached.set(policyName, statements))
    },
    allows: (roleName, action, resourceArn, context) => {
      const statements = [...(policies.get(roleName)?.values() ?? [])].flat()
      const applicable = statements.filter(statement => covers(statement, action, resourceArn, context))
      return applicable.length > 0 && applicable.every(({ Effect }) => Effect === 'Allow')
    },
  }
}
