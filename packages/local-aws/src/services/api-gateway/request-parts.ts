import type { IncomingMessage } from 'node:http'

export type Multi = Record<string, string[]>

/** The last value of each name, as API Gateway fills `headers` and `queryStringParameters`. */
export const lastValues = (multi: Multi): Record<string, string> =>
  Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.at(-1) ?? '']))

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer'])
const FORWARDING = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-port'])

export const sourceIp = (request: IncomingMessage): string =>
  (request.socket.remoteAddress ?? '127.0.0.1').replace('::ffff:', '')

/**
 * The request's headers in the client's spelling, without hop-by-hop ones, with the X-Forwarded
 * headers of the gateway.
 */
export const forwardedHeaders = (request: IncomingMessage): Multi => {
  const headers: Multi = {}
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at]!
    if (HOP_BY_HOP.has(name.toLowerCase()) || FORWARDING.has(name.toLowerCase())) continue
    const known = Object.keys(headers).find(other => other.toLowerCase() === name.toLowerCase()) ?? name
    headers[known] = [...(headers[known] ?? []), request.rawHeaders[at + 1]!]
  }
  const earlier = request.headers['x-forwarded-for']
  return {
    ...headers,
    'X-Forwarded-For': [[earlier, sourceIp(request)].flat().filter(Boolean).join(', ')],
    'X-Forwarded-Port': [String(request.socket.localPort)],
    'X-Forwarded-Proto': ['http'],
  }
}

export const queryOf = (search: string): Multi => {
  const query: Multi = {}
  for (const [name, value] of new URLSearchParams(search)) query[name] = [...(query[name] ?? []), value]
  return query
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** CLF time, such as `09/Apr/2026:12:34:56 +0000`. */
export const requestTime = (at: Date): string => {
  const [date = '', time = ''] = at.toISOString().split('T')
  const [year, month, day] = date.split('-')
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`
}

const DRAIN_FACTOR = 10

/**
 * Reads the whole body; past the limit it keeps nothing, but still reads on, so that the client
 * hears the refusal instead of a broken connection.
 */
export const readBody = async (
  request: IncomingMessage,
  limitBytes: number,
): Promise<Buffer | 'too-large'> => {
  let chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= limitBytes) chunks.push(chunk)
    else chunks = []
    if (size > limitBytes * DRAIN_FACTOR) break
  }
  return size > limitBytes ? 'too-large' : Buffer.concat(chunks)
}
