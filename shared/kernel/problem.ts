/** The row of one kind of expected failure, as an RFC 9457 answer needs it. */
export type ProblemType = { status: number; title: string; detail: string; retryable?: boolean }

/**
 * An expected failure: thrown anywhere, answered as `application/problem+json` by the HTTP layer.
 */
export type Problem = Error & { name: 'Problem'; code: string; type: ProblemType; details: ProblemDetails }

/** Extra members of the problem document; `detail` replaces the sentence of the row. */
export type ProblemDetails = { detail?: string; [member: string]: unknown }

const MARK = Symbol.for('ai-video-hub.problem')

/** The sentence becomes the error's message. */
export const createProblem = (code: string, type: ProblemType, details: ProblemDetails = {}): Problem =>
  Object.assign(new Error(details.detail ?? type.detail), {
    name: 'Problem' as const,
    [MARK]: true,
    code,
    type,
    details,
  })

/** A registered symbol marks a problem, so a second copy of this module makes no difference. */
export const isProblem = (error: unknown): error is Problem =>
  typeof error === 'object' && error !== null && MARK in error
