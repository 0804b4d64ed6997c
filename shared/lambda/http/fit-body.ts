import type * as z from 'zod'

/** Each round mends every field that is reported; a field takes three of them at most. */
const MAX_ROUNDS = 20
const EMPTY: Record<string, unknown> = {
  string: '',
  number: 0,
  int: 0,
  boolean: false,
  array: [],
  object: {},
}

/**
 * Leaves a field out; when it is needed, makes it null, and at last the empty value of its type.
 */
const mendField = (fields: Record<string, unknown>, name: string, tries: number, issue: z.core.$ZodIssue) => {
  if (tries === 0) delete fields[name]
  else if (tries === 1) fields[name] = null
  else if (issue.code === 'invalid_type') fields[name] = EMPTY[issue.expected]
}

/**
 * Returns a body as its schema wants it. A value that does not fit costs its field, and an entry of
 * a list that does not fit the entry, never the whole answer: rows hold what files and models have
 * said. `onMended` is called with the paths that were mended. Throws when mending does not help.
 */
export const fitBody = (schema: z.ZodType, body: unknown, onMended: (paths: string[]) => void): unknown => {
  const first = schema.safeParse(body)
  if (first.success) return first.data
  const copy = JSON.parse(JSON.stringify(body)) as unknown
  const tries = new Map<string, number>()
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { success, data, error } = schema.safeParse(copy)
    if (success) {
      onMended([...tries.keys()])
      return data
    }
    // From the last on: an entry that is removed moves those behind it.
    for (const issue of error.issues.toReversed()) {
      const path = issue.path.map(String)
      const key = path.join('.')
      const parent = path.slice(0, -1).reduce<unknown>((part, name) => (part as never)?.[name], copy)
      if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1)
      else if (typeof parent === 'object' && parent !== null)
        mendField(parent as Record<string, unknown>, path.at(-1) ?? '', tries.get(key) ?? 0, issue)
      tries.set(key, (tries.get(key) ?? 0) + 1)
    }
  }
  throw first.error
}
