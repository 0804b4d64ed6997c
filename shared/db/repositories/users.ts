import { first, type Sql } from '../client.ts'

/** A user; the password hash leaves this module only through `findCredentials`. */
export type UserRow = {
  id: string
  email: string
  fullName: string
  avatarUrl: string | null
  subscriptionType: string
  subscriptionExpiresAt: string | null
  aiUsageCount: number
  aiUsageLimit: number
  createdAt: string
  updatedAt: string
}

const COLUMNS = [
  'id',
  'email',
  'fullName',
  'avatarUrl',
  'subscriptionType',
  'subscriptionExpiresAt',
  'aiUsageCount',
  'aiUsageLimit',
  'createdAt',
  'updatedAt',
] as const

/** The new user, or undefined when the address is taken in whatever spelling. */
export const createUser = async (
  sql: Sql,
  {
    id,
    email,
    passwordHash,
    fullName,
  }: { id: string; email: string; passwordHash: string; fullName: string },
): Promise<UserRow | undefined> =>
  first(
    await sql<UserRow[]>`
      INSERT INTO users (id, email, password_hash, full_name) VALUES (${id}, ${email}, ${passwordHash}, ${fullName})
      ON CONFLICT DO NOTHING
      RETURNING ${sql(COLUMNS)}`,
  )

/** The user without the password's hash. */
export const findUser = async (sql: Sql, { userId }: { userId: string }): Promise<UserRow | undefined> =>
  first(await sql<UserRow[]>`SELECT ${sql(COLUMNS)} FROM users WHERE id = ${userId}`)

/** By email address, whatever its case. */
export const findCredentials = async (
  sql: Sql,
  { email }: { email: string },
): Promise<{ id: string; passwordHash: string } | undefined> =>
  first(
    await sql<
      { id: string; passwordHash: string }[]
    >`SELECT id, password_hash FROM users WHERE lower(email) = lower(${email})`,
  )

/** Replaces the hash unless the password was changed meanwhile. */
export const updatePasswordHash = async (
  sql: Sql,
  { userId, oldHash, newHash }: { userId: string; oldHash: string; newHash: string },
): Promise<void> => {
  await sql`UPDATE users SET password_hash = ${newHash} WHERE id = ${userId} AND password_hash = ${oldHash}`
}
