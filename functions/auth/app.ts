import type { authRoutes } from '../../shared/contract/auth.ts'
import { problem } from '../../shared/contract/problems.ts'
import { findUser } from '../../shared/db/repositories/users.ts'
import { login } from '../../shared/domain/auth/login.ts'
import { type LogoutDeps, logout } from '../../shared/domain/auth/logout.ts'
import type { OpenSessionDeps } from '../../shared/domain/auth/open-session.ts'
import { type RefreshDeps, refresh } from '../../shared/domain/auth/refresh.ts'
import { register } from '../../shared/domain/auth/register.ts'
import type { Implementations } from '../../shared/lambda/http/create-api.ts'

export type AuthDeps = OpenSessionDeps & RefreshDeps & LogoutDeps

/** The operations of the auth function. */
export const createAuthApp = (deps: AuthDeps): Implementations<typeof authRoutes> => ({
  register: async ({ body }) => ({ status: 201, body: await register(deps, body) }),
  login: async ({ body }) => ({ status: 200, body: await login(deps, body) }),
  refresh: async ({ body }) => ({ status: 200, body: await refresh(deps, body) }),
  logout: async ({ user }) => {
    await logout(deps, user)
    return { status: 204 }
  },
  getMe: async ({ user }) => {
    const found = await findUser(deps.sql, user)
    if (!found) throw problem('auth.token_invalid')
    return { status: 200, body: { user: found } }
  },
})
