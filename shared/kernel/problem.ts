/** The row of one kind of expected failure, as an RFC 9457 answer needs it. */
export type ProblemType = { status: number; title: string; retryable?: boolean }

/** An expected failure: thrown anywhere, answered as `application/problem+json` by the HTTP layer. */
export type Problem = Error & { name: 'Problem'; code: string; type: ProblemType; details: ProblemDetails }

/** Extra members of the problem document; `detail` is the sentence that says what to do. */
export type ProblemDetails = { detail?: string; [member: string]: unknown }

const MARK = Symbol.for('ai-video-hub.problem')

/** `detail` becomes the error's message; without one the title does. */
export const createProblem = (code: string, type: ProblemType, details: ProblemDetails = {}): Problem =>
  Object.assign(new Error(details.detail ?? type.title), { name: 'Problem' as const, [MARK]: true, code, type, details })

/** Told by a registered symbol, so a second copy of this module makes no difference. */
export const isProblem = (error: unknown): error is Problem => typeof error === 'object' && error !== null && MARK in error
