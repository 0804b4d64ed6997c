import { userInfo } from 'node:os'

const CREDENTIALS = /(?<=:\/\/)(?:([^:@/]*)(?::([^@/]*))?@)/

/** A database's address without who connects to it. */
export const withoutCredentials = (databaseUrl: string): string => databaseUrl.replace(CREDENTIALS, '')

/** Returns the user that the address names, else the one that Postgres' own clients take. */
export const credentialsIn = (databaseUrl: string): { username: string; password: string } => {
  const [, username = '', password = ''] = databaseUrl.match(CREDENTIALS) ?? []
  return {
    username: decodeURIComponent(username) || userInfo().username,
    password: decodeURIComponent(password),
  }
}
