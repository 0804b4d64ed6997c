import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import { signPost } from './sign-request.ts'

/** Reads the string of a secret by its ARN or name. */
export type ReadSecret = (secretId: string) => Promise<string>

type SecretsConfig = Pick<
  Config,
  | 'AWS_REGION'
  | 'AWS_ACCESS_KEY_ID'
  | 'AWS_SECRET_ACCESS_KEY'
  | 'AWS_SESSION_TOKEN'
  | 'AWS_ENDPOINT_URL_SECRETS_MANAGER'
>

const REMEMBERED_MS = 5 * 60_000
const TIMEOUT_MS = 5000

// The JSON protocol reports throttling as status 400, and names the fault in `__type`, perhaps
// behind a namespace and `#`.
const PASSING_FAULTS = /(^|#)(ThrottlingException|InternalServiceError|ServiceUnavailable\w*)$/

const isWorthRetrying = (error: unknown): boolean =>
  !(error instanceof Error && error.name === 'SecretRefused')

/**
 * One signed GetSecretValue by fetch: the SDK's client would weigh twenty times as much in every
 * bundle. A value is remembered for five minutes, so that a rotated secret is noticed; outages are
 * tried three times.
 */
export const createSecretReader = (config: SecretsConfig): ReadSecret => {
  const endpoint = new URL(
    config.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? `https://secretsmanager.${config.AWS_REGION}.amazonaws.com`,
  )
  const key = {
    accessKeyId: config.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: config.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: config.AWS_SESSION_TOKEN,
  }

  const fetchOnce = async (secretId: string): Promise<string> => {
    const body = JSON.stringify({ SecretId: secretId })
    const target = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'secretsmanager.GetSecretValue',
    }
    const request = {
      host: endpoint.host,
      region: config.AWS_REGION,
      service: 'secretsmanager',
      headers: target,
      body,
      now: new Date(),
    }
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: signPost(request, key),
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const result = (await answer.json().catch(() => ({}))) as {
      SecretString?: string
      __type?: string
      message?: string
      Message?: string
    }
    if (answer.ok && result.SecretString !== undefined) return result.SecretString
    const passing = answer.status >= 500 || answer.status === 429 || PASSING_FAULTS.test(result.__type ?? '')
    const reason = `${result.__type ?? answer.status} ${result.message ?? result.Message ?? ''}`.trim()
    throw Object.assign(new Error(`The secret ${secretId} cannot be read: ${reason}`), {
      name: passing ? 'SecretUnavailable' : 'SecretRefused',
    })
  }

  const fetchSecret = async (secretId: string, triesLeft = 2): Promise<string> => {
    try {
      return await fetchOnce(secretId)
    } catch (error) {
      if (triesLeft === 0 || !isWorthRetrying(error)) throw error
      await sleep(200 * Math.random() + 100)
      return fetchSecret(secretId, triesLeft - 1)
    }
  }

  const remembered = new Map<string, { value: Promise<string>; until: number }>()
  return secretId => {
    const known = remembered.get(secretId)
    if (known && known.until > performance.now()) return known.value
    const value = fetchSecret(secretId)
    remembered.set(secretId, { value, until: performance.now() + REMEMBERED_MS })
    value.catch(() => remembered.delete(secretId))
    return value
  }
}
