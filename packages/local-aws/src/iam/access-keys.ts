import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Credentials = { accessKeyId: string; secretAccessKey: string }

/** The access keys of the operator and of each role. */
export type AccessKeys = {
  /** May do anything: the services themselves and a developer's aws command line use it. */
  operator: Credentials
  /** Returns the one stable key of a role. */
  issue(roleName: string): Credentials
  secretOf(accessKeyId: string): string | undefined
  /** Returns `operator` or `role/<name>`. */
  holderOf(accessKeyId: string): string | undefined
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

const newCredentials = (): Credentials => ({
  accessKeyId: `AKIA${Array.from({ length: 16 }, () => BASE32[randomInt(32)]).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64'),
})

/**
 * Opens the keys kept in the state folder. `own`: credentials from the operator's environment,
 * which then count as the operator.
 */
export const openAccessKeys = (stateDir: string, own?: Credentials): AccessKeys => {
  const file = join(stateDir, 'keys.json')
  const read = (): Record<string, Credentials> => {
    try {
      return JSON.parse(readFileSync(file, 'utf8'))
    } catch {
      return {}
    }
  }
  const keys = read()
  const keyOf = (holder: string): Credentials => {
    const known = keys[holder]
    if (known) return known
    const created = newCredentials()
    keys[holder] = created
    writeFileSync(file, JSON.stringify(keys, null, 2), { mode: 0o600 })
    return created
  }
  const operator = own ?? keyOf('operator')
  const holderOf = (accessKeyId: string) =>
    accessKeyId === operator.accessKeyId
      ? 'operator'
      : Object.entries(keys).find(([, key]) => key.accessKeyId === accessKeyId)?.[0]
  return {
    operator,
    holderOf,
    issue: roleName => keyOf(`role/${roleName}`),
    secretOf: accessKeyId =>
      accessKeyId === operator.accessKeyId
        ? operator.secretAccessKey
        : keys[holderOf(accessKeyId) ?? '']?.secretAccessKey,
  }
}
