import type { ReadSecret } from '../aws/secrets.ts'
import type { Config } from './config.ts'

/**
 * `jwtSecret` signs access and playback tokens; `refreshSecret` keys the HMAC under which refresh
 * tokens are stored.
 */
export type AuthSecrets = { jwtSecret: string; refreshSecret: string }

const MIN_LENGTH = 32
// The values of the guide and of .env.example, and what people type instead of making one.
const EXAMPLE = /your[_-]|change[_-]?me|example|placeholder|^(.{1,8})\1+$/i

const faultOf = (name: string, secret: string): string | undefined => {
  if (secret.length < MIN_LENGTH) return `${name} must have at least ${MIN_LENGTH} characters`
  if (EXAMPLE.test(secret))
    return `${name} looks like an example value: make one with "openssl rand -base64 48"`
}

/**
 * The two secrets, from the environment or from the secret of the stage. Throws when one is
 * missing; in production also when one is short or an example, or when both are the same.
 */
export const readAuthSecrets = async (
  config: Pick<Config, 'NODE_ENV' | 'JWT_SECRET' | 'JWT_REFRESH_SECRET' | 'AUTH_SECRET_ARN'>,
  readSecret: ReadSecret,
): Promise<AuthSecrets> => {
  const given = config.JWT_SECRET && config.JWT_REFRESH_SECRET
  const stored =
    given || !config.AUTH_SECRET_ARN
      ? {}
      : (JSON.parse(await readSecret(config.AUTH_SECRET_ARN)) as Record<string, string>)
  const jwtSecret = config.JWT_SECRET ?? stored.JWT_SECRET
  const refreshSecret = config.JWT_REFRESH_SECRET ?? stored.JWT_REFRESH_SECRET
  if (!jwtSecret || !refreshSecret)
    throw new Error('JWT_SECRET and JWT_REFRESH_SECRET are missing: set both, or AUTH_SECRET_ARN')
  if (config.NODE_ENV === 'production') {
    const faults = [faultOf('JWT_SECRET', jwtSecret), faultOf('JWT_REFRESH_SECRET', refreshSecret)].filter(
      fault => fault !== undefined,
    )
    if (jwtSecret === refreshSecret) faults.push('JWT_SECRET and JWT_REFRESH_SECRET must differ')
    if (faults.length > 0) throw new Error(`Not safe for production: ${faults.join('; ')}`)
  }
  return { jwtSecret, refreshSecret }
}
