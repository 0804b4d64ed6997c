/** Stands for any port: pages of a machine's own development servers. */
const ANY_PORT = ':*'

/**
 * The origin that an entry of FRONTEND_URL names, as browsers send it: without a slash at the end.
 * `http://localhost:*` stands for every port. Undefined for what is no origin.
 */
export const parseOrigin = (entry: string): string | undefined => {
  const trimmed = entry.trim()
  const anyPort = trimmed.endsWith(ANY_PORT)
  const url = URL.parse(anyPort ? trimmed.slice(0, -ANY_PORT.length) : trimmed)
  if (!url || !/^https?:$/.test(url.protocol)) return undefined
  return anyPort ? `${url.origin}${ANY_PORT}` : url.origin
}

/** The beginning of all origins that an entry with any port stands for; else undefined. */
export const anyPortPrefix = (entry: string): string | undefined =>
  entry.endsWith(ANY_PORT) ? entry.slice(0, -1) : undefined

/** Returns whether a page of an origin may call. */
export const isAllowedOrigin = (allowed: readonly string[], origin: string): boolean =>
  allowed.some(entry => {
    const prefix = anyPortPrefix(entry)
    return prefix === undefined
      ? entry === origin
      : origin.startsWith(prefix) && /^\d{1,5}$/.test(origin.slice(prefix.length))
  })
