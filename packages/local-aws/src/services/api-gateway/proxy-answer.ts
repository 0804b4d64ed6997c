import type { Answer } from './gateway-response.ts'

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html:
// renamed, or set by the gateway itself.
const REMAPPED = new Set(['authorization', 'content-md5', 'date', 'server', 'user-agent', 'www-authenticate'])
const DROPPED = new Set([
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'trailer',
  'te',
])

const scalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value)

const headersOf = (single: unknown, multi: unknown): Answer['headers'] | undefined => {
  if (typeof (single ?? {}) !== 'object' || typeof (multi ?? {}) !== 'object') return undefined
  const headers: Answer['headers'] = {}
  const add = (name: string, values: unknown[]): boolean => {
    const key = name.toLowerCase()
    if (!values.every(scalar)) return false
    if (DROPPED.has(key)) return true
    const target = REMAPPED.has(key) ? `x-amzn-remapped-${key}` : key
    const all = [...new Set([...[headers[target] ?? []].flat(), ...values.map(String)])]
    headers[target] = all.length === 1 ? all[0]! : all
    return true
  }
  const valid = [
    ...Object.entries(single ?? {}).map(([name, value]) => add(name, [value])),
    ...Object.entries(multi ?? {}).map(([name, values]) => Array.isArray(values) && add(name, values)),
  ]
  return valid.every(Boolean) ? headers : undefined
}

/**
 * The HTTP answer in a function's result; undefined when it is not a proxy response, which API
 * Gateway answers with 502.
 */
export const proxyAnswer = (payload: unknown, decodesBinary: boolean): Answer | undefined => {
  if (typeof payload !== 'object' || payload === null) return undefined
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = payload as Record<string, unknown>
  const status = Number(statusCode)
  if (!scalar(statusCode) || !Number.isInteger(status) || status < 200 || status > 599) return undefined
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined
  const merged = headersOf(headers, multiValueHeaders)
  if (!merged) return undefined
  const text = body ?? ''
  return {
    status,
    headers: { ...(status !== 204 && { 'content-type': 'application/json' }), ...merged },
    body: isBase64Encoded === true && decodesBinary ? Buffer.from(text, 'base64') : text,
  }
}
