import { createHash, createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignatureV4 } from '@smithy/signature-v4'
import type { HashConstructor } from '@smithy/types'
import type { Config } from '../config/config.ts'

/** Reads the string of a secret by its ARN or name. */
export type ReadSecret = (secretId: string) => Promise<string>

type SecretsConfig = Pick<
  Config,
  'AWS_REGION' | 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY' | 'AWS_SESSION_TOKEN' | 'AWS_ENDPOINT_URL_SECRETS_MANAGER'
>

const REMEMBERED_MS = 5 * 60_000
const TIMEOUT_MS = 5000

// Called with `new`: an object that a constructor returns takes the place of `this`.
function Sha256(secret?: string | Uint8Array) {
  const hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret)
  return { update: (data: Uint8Array) => void hash.update(data), digest: async () => new Uint8Array(hash.digest()) }
}

const isWorthRetrying = (error: unknown): boolean => !(error instanceof Error && error.name === 'SecretRefused')

/**
 * One signed GetSecretValue by fetch: the SDK's client would weigh twenty times as much in every bundle. A value is remembered for five minutes, so that a
 * rotated secret is noticed; outages are tried three times.
 */
export const createSecretReader = (config: SecretsConfig): ReadSecret => {
  const endpoint = new URL(config.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? `https://secretsmanager.${config.AWS_REGION}.amazonaws.com`)
  const signer = new SignatureV4({
    service: 'secretsmanager',
    region: config.AWS_REGION,
    sha256: Sha256 as unknown as HashConstructor,
    credentials: {
      accessKeyId: config.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: config.AWS_SECRET_ACCESS_KEY ?? '',
      ...(config.AWS_SESSION_TOKEN ? { sessionToken: config.AWS_SESSION_TOKEN } : {}),
    },
  })

  const fetchOnce = async (secretId: string): Promise<string> => {
    const body = JSON.stringify({ SecretId: secretId })
    const { headers } = await signer.sign({
      method: 'POST',
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      path: '/',
      headers: { host: endpoint.host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
      body,
    })
    const answer = await fetch(endpoint, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) })
    const result = (await answer.json().catch(() => ({}))) as { SecretString?: string; __type?: string; message?: string; Message?: string }
    if (answer.ok && result.SecretString !== undefined) return result.SecretString
    const reason = `${result.__type ?? answer.status} ${result.message ?? result.Message ?? ''}`.trim()
    throw Object.assign(new Error(`The secret ${secretId} cannot be read: ${reason}`), {
      name: answer.status >= 500 || answer.status === 429 ? 'SecretUnavailable' : 'SecretRefused',
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
    if (known && known.until > Date.now()) return known.value
    const value = fetchSecret(secretId)
    remembered.set(secretId, { value, until: Date.now() + REMEMBERED_MS })
    value.catch(() => remembered.delete(secretId))
    return value
  }
}
