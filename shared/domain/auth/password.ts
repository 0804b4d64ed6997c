import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const CURRENT = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }
const SALT_BYTES = 16
const VERSION = 19

type Cost = typeof CURRENT

const derive = promisify(argon2) as unknown as (
  algorithm: 'argon2id',
  parameters: Argon2Parameters,
) => Promise<Buffer>

// One password typed on two keyboards must be the same: Vietnamese letters arrive composed or
// decomposed.
const compute = (password: string, salt: Buffer, cost: Cost): Promise<Buffer> =>
  derive('argon2id', { message: password.normalize('NFC'), nonce: salt, ...cost })

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

const parameters = ({ memory, passes, parallelism }: Cost): string =>
  `v=${VERSION}$m=${memory},t=${passes},p=${parallelism}`

/** An argon2id hash in the PHC format: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(SALT_BYTES)
  return `$argon2id$${parameters(CURRENT)}$${unpadded(salt)}$${unpadded(await compute(password, salt, CURRENT))}`
}

const parse = (hash: string): { cost: Cost; salt: Buffer; tag: Buffer } | undefined => {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(hash)
  if (!match) return undefined
  const [, memory, passes, parallelism, salt, tag] = match
  const expected = Buffer.from(tag!, 'base64')
  const cost = {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  }
  return { cost, salt: Buffer.from(salt!, 'base64'), tag: expected }
}

/**
 * True when the password belongs to the hash. Without a usable hash it is false after the same
 * work, so that time does not tell which addresses exist.
 */
export const verifyPassword = async (password: string, hash: string | undefined): Promise<boolean> => {
  const known = hash === undefined ? undefined : parse(hash)
  if (!known) {
    await compute(password, randomBytes(SALT_BYTES), CURRENT)
    return false
  }
  return timingSafeEqual(await compute(password, known.salt, known.cost), known.tag)
}

/** True when the hash was made at another cost than today's. */
export const needsRehash = (hash: string): boolean => !hash.startsWith(`$argon2id$${parameters(CURRENT)}$`)
