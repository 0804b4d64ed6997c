import { problem } from '../../contract/problems.ts'
import { findCredentials, findUser, updatePasswordHash } from '../../db/repositories/users.ts'
import { type OpenSessionDeps, openSession, type SignedIn } from './open-session.ts'
import { hashPassword, needsRehash, verifyPassword } from './password.ts'

/**
 * Signs in. Throws the same `auth.invalid_credentials` after the same work, whether the address is
 * unknown or the password wrong.
 */
export const login = async (
  deps: OpenSessionDeps,
  { email, password }: { email: string; password: string },
): Promise<SignedIn> => {
  const { sql } = deps
  const known = await findCredentials(sql, { email: email.trim() })
  const correct = await verifyPassword(password, known?.passwordHash)
  const user = known && correct ? await findUser(sql, { userId: known.id }) : undefined
  if (!known || !user) throw problem('auth.invalid_credentials')
  if (needsRehash(known.passwordHash)) {
    await updatePasswordHash(sql, {
      userId: known.id,
      oldHash: known.passwordHash,
      newHash: await hashPassword(password),
    })
  }
  return openSession(deps, user)
}
