import { problem } from '../../contract/problems.ts'
import type { AuthContext } from './auth-context.ts'
import { openSession, type SignedIn } from './open-session.ts'
import { hashPassword, needsRehash, verifyPassword } from './password.ts'

/** Signs in. Throws the same `auth.invalid_credentials` after the same work, whether the address is unknown or the password wrong. */
export const login = async (context: AuthContext, { email, password }: { email: string; password: string }): Promise<SignedIn> => {
  const { database, users } = context
  const known = await users.findCredentials(database, { email: email.trim() })
  const correct = await verifyPassword(password, known?.passwordHash)
  const user = known && correct ? await users.findUser(database, { userId: known.id }) : undefined
  if (!known || !user) throw problem('auth.invalid_credentials', { detail: 'The email address or the password is wrong.' })
  if (needsRehash(known.passwordHash)) {
    await users.updatePasswordHash(database, { userId: known.id, oldHash: known.passwordHash, newHash: await hashPassword(password) })
  }
  return openSession(context, user)
}
