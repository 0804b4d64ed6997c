import type { authRoutes } from '../../shared/contract/auth.ts'
import { problem } from '../../shared/contract/problems.ts'
import type { AuthContext } from '../../shared/domain/auth/auth-context.ts'
import { login } from '../../shared/domain/auth/login.ts'
import { logout } from '../../shared/domain/auth/logout.ts'
import { refresh } from '../../shared/domain/auth/refresh.ts'
import { register } from '../../shared/domain/auth/register.ts'
import type { Implementations } from '../../shared/http/create-api.ts'

export const createAuthApp = (context: AuthContext): Implementations<typeof authRoutes> => ({
  register: async ({ body }) => ({ status: 201, body: await register(context, body) }),
  login: async ({ body }) => ({ status: 200, body: await login(context, body) }),
  refresh: async ({ body }) => ({ status: 200, body: await refresh(context, body) }),
  logout: async ({ user }) => {
    await logout(context, user)
    return { status: 204 }
  },
  getMe: async ({ user }) => {
    const found = await context.users.findUser(context.database, user)
    if (!found) throw problem('auth.token_invalid', { detail: 'This account is no longer there.' })
    return { status: 200, body: { user: found } }
  },
})
