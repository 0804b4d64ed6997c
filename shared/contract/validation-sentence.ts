import type * as z from 'zod'

type Issue = Parameters<z.core.$ZodErrorMap>[0]

/** Says for people what to do about a value that a schema refuses. Where a schema has a sentence of its own, that one stands. */
export const validationSentence = (issue: Issue): string | undefined => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'This is required.' : `This must be of type ${TYPES[issue.expected] ?? issue.expected}.`
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

const TYPES: Record<string, string> = { int: 'whole number' }
const UNITS: Record<string, string> = { string: 'characters', array: 'entries' }
const FORMATS: Record<string, string> = { uuid: 'This is not an id.', datetime: 'Use an ISO 8601 time such as 2026-01-31T12:00:00Z.' }

const amount = (bound: number | bigint, origin: string): string => [bound, UNITS[origin]].filter(Boolean).join(' ')
