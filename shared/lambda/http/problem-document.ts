import type { Problem } from '../../kernel/problem.ts'

/** The RFC 9457 document of an expected failure. */
export const problemDocument = ({ code, type, details }: Problem, requestId: string) => ({
  type: 'about:blank',
  title: type.title,
  status: type.status,
  code,
  retryable: type.retryable ?? false,
  requestId,
  ...details,
  detail: details.detail ?? type.detail,
})
