import * as z from 'zod'

/**
 * The kinds of field error, each with the parameters that a client needs for a sentence of its own.
 */
const FieldErrorCode = z.enum([
  'required',
  'wrong_type',
  'too_short',
  'too_long',
  'too_small',
  'too_large',
  'not_one_of',
  'wrong_format',
  'invalid_text',
  'unknown_field',
  'not_allowed',
])

export const FieldError = z
  .object({
    in: z.enum(['path', 'query', 'body']),
    path: z.string().meta({ description: 'Names joined by dots; empty for the whole' }),
    code: FieldErrorCode,
    message: z.string(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    expected: z.string().optional(),
    allowed: z.array(z.string()).optional(),
    format: z.string().optional(),
    fields: z.array(z.string()).optional(),
  })
  .meta({ id: 'FieldError' })
export type FieldError = z.infer<typeof FieldError>

type Issue = Parameters<z.core.$ZodErrorMap>[0]

/**
 * Validates a value. Returns its data, or every field error with a sentence that says what to do.
 */
export const checkFields = <S extends z.ZodType>(
  where: FieldError['in'],
  schema: S,
  value: unknown,
): { data: z.output<S>; errors?: never } | { data?: never; errors: FieldError[] } => {
  const broken = findBrokenTexts(value)
  if (broken.length > 0) {
    const message = 'This text has half of a character in it. Send it as valid UTF-8.'
    return { errors: broken.map(path => ({ in: where, path, code: 'invalid_text', message })) }
  }
  const result = schema.safeParse(value, { error: sentenceOf, reportInput: true })
  if (result.success) return { data: result.data }
  const errors = result.error.issues.map(issue => ({
    in: where,
    path: issue.path.join('.'),
    ...kindOf(issue),
    message: issue.message,
  }))
  return { errors }
}

/** No depth of a request that is read at all is greater. */
const MAX_DEPTH = 100
const MAX_BROKEN = 20

/**
 * Returns the paths of texts that have half of a surrogate pair in them. Stored, two different
 * texts of this kind are the same.
 */
const findBrokenTexts = (value: unknown): string[] => {
  const found: string[] = []
  const look = (part: unknown, path: string[]) => {
    if (found.length >= MAX_BROKEN || path.length > MAX_DEPTH) return
    if (typeof part === 'string' && !part.isWellFormed()) found.push(path.join('.'))
    if (typeof part !== 'object' || part === null || ArrayBuffer.isView(part)) return
    for (const [name, inner] of Object.entries(part)) {
      if (!name.isWellFormed()) found.push([...path, name.toWellFormed()].join('.'))
      look(inner, [...path, name.toWellFormed()])
    }
  }
  look(value, [])
  return found
}

const isSized = (origin: string) => origin === 'string' || origin === 'array'

const kindOf = (issue: z.core.$ZodIssue): Pick<FieldError, 'code'> & Partial<FieldError> => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? { code: 'required' }
        : { code: 'wrong_type', expected: typeName(issue.expected) }
    case 'too_small':
      return { code: isSized(issue.origin) ? 'too_short' : 'too_small', minimum: Number(issue.minimum) }
    case 'too_big':
      return { code: isSized(issue.origin) ? 'too_long' : 'too_large', maximum: Number(issue.maximum) }
    case 'invalid_value':
      return issue.input === undefined
        ? { code: 'required' }
        : { code: 'not_one_of', allowed: issue.values.map(String) }
    case 'invalid_format':
      return { code: 'wrong_format', format: issue.format }
    case 'unrecognized_keys':
      return { code: 'unknown_field', fields: issue.keys }
    default:
      return { code: 'not_allowed' }
  }
}

// A sentence that the schema itself gives wins over these.
const sentenceOf = (issue: Issue): string | undefined => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'This is required.'
        : `This must be of type ${typeName(issue.expected)}.`
    case 'too_small':
      return issue.minimum === 1 && issue.origin in UNITS
        ? 'This must not be empty.'
        : `Use at least ${amount(issue.minimum, issue.origin)}.`
    case 'too_big':
      return `Use at most ${amount(issue.maximum, issue.origin)}.`
    case 'invalid_value':
      return `Use one of: ${issue.values.join(', ')}.`
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'This is not in the right format.'
    default:
      return undefined
  }
}

const typeName = (expected: string) => (expected === 'int' ? 'whole number' : expected)
const UNITS: Record<string, string> = { string: 'characters', array: 'entries' }
const FORMATS: Record<string, string> = {
  uuid: 'This is not an id.',
  datetime: 'Use an ISO 8601 time such as 2026-01-31T12:00:00Z.',
}

const amount = (bound: number | bigint, origin: string): string =>
  [bound, UNITS[origin]].filter(Boolean).join(' ')
