const SECRET = /^(password|passwordHash|token|accessToken|refreshToken|authorization|cookie|secret|apiKey|ticket|x-amz-signature)$/i
const SIGNED_LINK = /([?&](?:token|ticket|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token)=)[^&\s"]+/gi
const BEARER = /\b(Bearer\s+|sk-)[\w.~+/=-]{8,}/g

/** A copy in which secrets, tokens and the signatures of links are replaced. Errors are passed on as they are. */
export const redact = <T>(value: T): T => clean(value, 0) as T

const clean = (value: unknown, depth: number): unknown => {
  if (typeof value === 'string') return value.replace(SIGNED_LINK, '$1[redacted]').replace(BEARER, '$1[redacted]')
  if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof Date || depth > 5) return value
  if (Array.isArray(value)) return value.map(item => clean(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, SECRET.test(key) ? '[redacted]' : clean(item, depth + 1)]))
}
