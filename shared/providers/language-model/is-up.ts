const REMEMBERED_MS = 60_000
const TIMEOUT_MS = 1500

/**
 * Returns whether the server of the language model answers a signed request. Asked at most once a
 * minute: anybody may ask for the hub's health.
 */
export const createLanguageModelCheck = ({
  apiKey,
  baseUrl = 'https://api.openai.com/v1',
}: {
  apiKey: () => Promise<string>
  baseUrl?: string
}) => {
  let last: { up: Promise<boolean>; at: number } | undefined
  const ask = async (): Promise<boolean> => {
    const headers = { Authorization: `Bearer ${await apiKey()}` }
    const { ok, body } = await fetch(`${baseUrl}/models`, {
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await body?.cancel()
    return ok
  }
  return (): Promise<boolean> => {
    if (!last || performance.now() - last.at > REMEMBERED_MS)
      last = { up: ask().catch(() => false), at: performance.now() }
    return last.up
  }
}
