const SECRET =
  /^(password|passwordHash|token|accessToken|refreshToken|authorization|cookie|secret|apiKey|ticket|x-amz-signature)$/i
const SIGNED_LINK = /([?&](?:token|ticket|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token)=)[^&\s"]+/gi
const BEARER = /\b(Bearer\s+|sk-)[\w.~+/=-]{8,}/g

/**
 * A replacer of JSON.stringify for a line's values: without secrets, tokens and the signatures of
 * links, also where an error quotes them, and without the row that Postgres shows when a rule is
 * violated.
 */
export const redact = (key: string, value: unknown): unknown => {
  if (SECRET.test(key)) return '[redacted]'
  if (typeof value === 'string')
    return value.replace(SIGNED_LINK, '$1[redacted]').replace(BEARER, '$1[redacted]')
  return value instanceof Error && 'detail' in value ? withoutDetail(value) : value
}

const withoutDetail = (error: Error): Error => {
  const { detail: _, where: __, ...rest } = error as Error & { detail: unknown; where?: unknown }
  return Object.assign(new Error(error.message, { cause: error.cause }), rest, {
    name: error.name,
    stack: error.stack,
  })
}
