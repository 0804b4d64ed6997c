import { s3Error } from './s3-error.ts'

/** `CorsConfiguration.CorsRules` of AWS::S3::Bucket. */
export type CorsRule = {
  AllowedOrigins: string[]
  AllowedMethods: string[]
  AllowedHeaders?: string[]
  ExposedHeaders?: string[]
  MaxAge?: number
}

const fits = (pattern: string, value: string) => {
  const [start = '', end] = pattern.split('*')
  return end === undefined
    ? pattern === value
    : value.length >= pattern.length - 1 && value.startsWith(start) && value.endsWith(end)
}

const listOf = (header: string | undefined) =>
  (header ?? '')
    .split(',')
    .map(name => name.trim().toLowerCase())
    .filter(name => name !== '')

/**
 * Headers for a browser's request; none when no rule of the bucket allows its origin and method.
 */
export const corsHeaders = (
  rules: CorsRule[],
  method: string,
  headers: Record<string, string>,
): Record<string, string> => {
  const { origin, 'access-control-request-headers': requested } = headers
  if (origin === undefined) return {}
  const rule = rules.find(
    ({ AllowedOrigins, AllowedMethods, AllowedHeaders = [] }) =>
      AllowedMethods.includes(method) &&
      AllowedOrigins.some(pattern => fits(pattern, origin)) &&
      listOf(requested).every(name => AllowedHeaders.some(pattern => fits(pattern.toLowerCase(), name))),
  )
  if (!rule) return {}
  const anyone = rule.AllowedOrigins.includes('*')
  return {
    'access-control-allow-origin': anyone ? '*' : origin,
    'access-control-allow-methods': rule.AllowedMethods.join(', '),
    ...(anyone ? {} : { 'access-control-allow-credentials': 'true' }),
    ...(requested ? { 'access-control-allow-headers': listOf(requested).join(', ') } : {}),
    ...(rule.ExposedHeaders?.length
      ? { 'access-control-expose-headers': rule.ExposedHeaders.join(', ') }
      : {}),
    ...(rule.MaxAge === undefined ? {} : { 'access-control-max-age': String(rule.MaxAge) }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  }
}

/**
 * The headers of the answer to a preflight. Throws AccessForbidden, which a browser reads as a
 * refusal.
 */
export const preflightHeaders = (
  rules: CorsRule[],
  headers: Record<string, string>,
): Record<string, string> => {
  const allowed = corsHeaders(rules, headers['access-control-request-method'] ?? '', headers)
  if (!allowed['access-control-allow-origin']) throw s3Error('AccessForbidden')
  return allowed
}
