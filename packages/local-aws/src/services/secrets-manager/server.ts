import { createHash, randomInt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AwsError, demand } from '../../iam/caller.ts'
import type { Keyring } from '../../iam/keyring.ts'
import { startAwsJson } from '../aws-json.ts'

/** CloudFormation's GenerateSecretString, as far as it matters for what comes out. */
export type GenerateSecretString = {
  PasswordLength?: number
  ExcludeCharacters?: string
  ExcludeLowercase?: boolean
  ExcludeUppercase?: boolean
  ExcludeNumbers?: boolean
  ExcludePunctuation?: boolean
  IncludeSpace?: boolean
  SecretStringTemplate?: string
  GenerateStringKey?: string
}

export type Secrets = {
  url: string
  /** Keeps the value of an earlier start; answers the secret's ARN. */
  define(
    name: string,
    value: { SecretString?: string; GenerateSecretString?: GenerateSecretString },
  ): Promise<string>
  /** Keeps a value in memory for as long as the stack runs. */
  put(id: string, value: string): void
  valueOf(id: string): string | undefined
  close(): Promise<void>
}

const generate = (rules: GenerateSecretString): string => {
  const alphabet = [
    rules.ExcludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    rules.ExcludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    rules.ExcludeNumbers ? '' : '0123456789',
    rules.ExcludePunctuation ? '' : '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    rules.IncludeSpace ? ' ' : '',
  ].join('')
  const allowed = [...alphabet].filter(character => !rules.ExcludeCharacters?.includes(character))
  const password = Array.from(
    { length: rules.PasswordLength ?? 32 },
    () => allowed[randomInt(allowed.length)],
  ).join('')
  if (!rules.GenerateStringKey) return password
  return JSON.stringify({
    ...JSON.parse(rules.SecretStringTemplate ?? '{}'),
    [rules.GenerateStringKey]: password,
  })
}

/** Secrets Manager's GetSecretValue over values kept in the state folder. */
export const startSecrets = async (o: {
  port: number
  stateDir: string
  region: string
  account: string
  keyring: Keyring
}): Promise<Secrets> => {
  const file = join(o.stateDir, 'secrets.json')
  const values = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Record<string, string>
  const arnOf = (name: string) => {
    const suffix = createHash('sha256').update(name).digest('base64url').replace(/[-_]/g, 'x').slice(0, 6)
    return `arn:aws:secretsmanager:${o.region}:${o.account}:secret:${name}-${suffix}`
  }
  const stored = new Map<string, string>()
  const nameOf = (id: string) => Object.keys(values).find(name => name === id || arnOf(name) === id)
  const find = (id: string) => {
    const name = nameOf(id) ?? ''
    return stored.get(name) ?? values[name]
  }

  const server = await startAwsJson({
    port: o.port,
    version: '1.1',
    keyring: o.keyring,
    actions: {
      GetSecretValue: ({ SecretId }: { SecretId: string }, accessKeyId) => {
        const name = nameOf(SecretId)
        demand(o.keyring, accessKeyId, 'secretsmanager:GetSecretValue', name ? arnOf(name) : SecretId)
        if (!name)
          throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
        return {
          ARN: arnOf(name),
          Name: name,
          SecretString: find(name),
          VersionId: 'local',
          VersionStages: ['AWSCURRENT'],
        }
      },
    },
  })
  return {
    ...server,
    valueOf: find,
    put: (id, value) => void stored.set(nameOf(id) ?? id, value),
    define: async (name, { SecretString, GenerateSecretString }) => {
      values[name] = SecretString ?? values[name] ?? generate(GenerateSecretString ?? {})
      await writeFile(file, JSON.stringify(values, null, 2), { mode: 0o600 })
      return arnOf(name)
    },
  }
}
