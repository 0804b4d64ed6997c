import { withoutCredentials } from '../engines/database-address.ts'
import type { Credentials, Keyring } from '../iam/keyring.ts'

export type Environment = Record<string, string | undefined>

/** Addresses of what functions and tasks talk to. */
export type Endpoints = {
  databaseUrl: string
  /** Empty: there is no cache. */
  redisUrl: string
  openAi: { url: string; key: string }
  /** By the part behind AWS_ENDPOINT_URL_, such as S3. */
  aws: Record<string, string>
}

/** The operator's own AWS credentials, when endpoints of real services are set that need them. */
export const ownCredentials = (environment: Environment): Credentials | undefined => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment
  const usesReal = Object.entries(environment).some(
    ([name, value]) => name.startsWith('AWS_ENDPOINT_URL_') && value,
  )
  return usesReal && accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined
}

/**
 * Returns the variables that the platform adds to those of a function or task: credentials of its
 * role, addresses, and what the operator set.
 */
export const runtimeEnvironment = (o: {
  roleName: string
  region: string
  keyring: Keyring
  own: Credentials | undefined
  endpoints: Endpoints
  environment: Environment
  /** Names of the operator's variables that win over the template's. */
  overrides?: readonly string[]
}): Record<string, string> => {
  const { accessKeyId, secretAccessKey } = o.own ?? o.keyring.issue(o.roleName)
  const operators = (o.overrides ?? []).flatMap(name =>
    o.environment[name] ? [[name, o.environment[name]] as const] : [],
  )
  const addresses = Object.entries(o.endpoints.aws).map(
    ([service, url]) => [`AWS_ENDPOINT_URL_${service}`, url] as const,
  )
  return {
    AWS_REGION: o.region,
    AWS_DEFAULT_REGION: o.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    // Without this an SDK that finds no credentials asks the network for them.
    AWS_EC2_METADATA_DISABLED: 'true',
    // Addresses alone: users, passwords and keys are read from Secrets Manager, as in AWS, by whom
    // the template lets read them.
    DATABASE_URL: withoutCredentials(o.endpoints.databaseUrl),
    REDIS_URL: o.endpoints.redisUrl,
    OPENAI_BASE_URL: o.endpoints.openAi.url,
    ...Object.fromEntries(addresses),
    ...Object.fromEntries(operators),
  }
}
