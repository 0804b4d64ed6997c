import { problem } from '../../contract/problems.ts'
import { createUser } from '../../db/repositories/users.ts'
import { isCommonPassword } from './common-passwords.ts'
import { type OpenSessionDeps, openSession, type SignedIn } from './open-session.ts'
import { hashPassword } from './password.ts'

/** Creates an account and signs it in. Throws `auth.password_too_common` and `auth.email_taken`. */
export const register = async (
  deps: OpenSessionDeps,
  { email, password, fullName }: { email: string; password: string; fullName: string },
): Promise<SignedIn> => {
  if (isCommonPassword(password, { email })) {
    throw problem('auth.password_too_common')
  }
  const passwordHash = await hashPassword(password)
  const user = await createUser(deps.sql, { id: deps.createId(), email, passwordHash, fullName })
  if (!user) throw problem('auth.email_taken')
  return openSession(deps, user)
}
