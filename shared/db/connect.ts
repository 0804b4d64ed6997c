import type { ReadSecret } from '../aws/secrets.ts'
import type { Config } from '../config/config.ts'
import { createDatabase, type Database } from './client.ts'

type DatabaseConfig = Pick<Config, 'DATABASE_URL' | 'DATABASE_HOST' | 'DATABASE_NAME' | 'DATABASE_SECRET_ARN'>

type DatabaseSecret = { username: string; password: string }

/**
 * The pool of a function: at DATABASE_URL when it is set, else at DATABASE_HOST; as the user whom
 * DATABASE_URL names, else the one of DATABASE_SECRET_ARN. Connects with the first query.
 */
export const connectDatabase = async (
  config: DatabaseConfig,
  readSecret: ReadSecret,
  options: { maxConnections?: number } = {},
): Promise<Database> => {
  const {
    DATABASE_URL: url,
    DATABASE_HOST: host,
    DATABASE_NAME: database,
    DATABASE_SECRET_ARN: secretArn,
  } = config
  if (url && (namesUser(url) || !secretArn)) return createDatabase({ url, ...options })
  const address = url ? { url } : host && database ? { host, database } : undefined
  if (!address || !secretArn)
    throw new Error(
      'The database is not known: set DATABASE_URL, or DATABASE_HOST, DATABASE_NAME and DATABASE_SECRET_ARN',
    )
  const readCredentials = async () => JSON.parse(await readSecret(secretArn)) as DatabaseSecret
  const { username } = await readCredentials()
  // Asked for at each new connection, so that a rotated password is picked up.
  return createDatabase({
    ...address,
    user: username,
    password: async () => (await readCredentials()).password,
    ...options,
  })
}

const namesUser = (url: string): boolean => /:\/\/[^/]*@/.test(url)
