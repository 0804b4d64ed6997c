import { matchesPattern } from './patterns.ts'

/** Of a policy's statement: operator, key of the request, and the values of which one must fit. */
export type Conditions = Record<string, Record<string, string | string[]>>

/** The facts of a request beside action and resource. */
export type RequestContext = Partial<Record<(typeof KEYS)[number], string>>

const KEYS = ['s3:prefix', 'iam:PassedToService', 'lambda:SourceFunctionArn'] as const

const isEqual = (wanted: string, value: string) => wanted === value

const operators: Record<string, { fits: (wanted: string, value: string) => boolean; without: boolean }> = {
  ArnEquals: { fits: matchesPattern, without: false },
  StringEquals: { fits: isEqual, without: false },
  // With one value: AWS wants the value to differ from all of a list.
  StringNotEquals: { fits: (wanted, value) => wanted !== value, without: true },
  StringLike: { fits: matchesPattern, without: false },
  StringLikeIfExists: { fits: matchesPattern, without: true },
}

/** Throws on a condition that nothing here evaluates: ignored, it would let in whom AWS refuses. */
export const checkConditions = (conditions: Conditions = {}): void => {
  for (const [operator, keys] of Object.entries(conditions))
    for (const key of Object.keys(keys))
      if (!operators[operator] || !(KEYS as readonly string[]).includes(key))
        throw new Error(
          `the condition ${operator} on ${key} is not emulated here: add it to iam/conditions.ts`,
        )
}

/** Returns whether all conditions of a statement hold for a request. */
export const holdFor = (conditions: Conditions = {}, context: RequestContext): boolean =>
  Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => {
      const { fits, without } = operators[operator]!
      const value = context[key as keyof RequestContext]
      return value === undefined ? without : [wanted].flat().some(one => fits(one, value))
    }),
  )
