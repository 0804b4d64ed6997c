import * as z from 'zod'
import { isoTime, plainText, uuid } from './fields.ts'
import { defineRoutes } from './route.ts'

export const User = z
  .object({
    id: uuid,
    email: z.string(),
    fullName: z.string(),
    avatarUrl: z.string().nullable(),
    subscriptionType: z.string(),
    subscriptionExpiresAt: isoTime.nullable(),
    aiUsageCount: z.int(),
    aiUsageLimit: z.int(),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'User' })

export const AuthResponse = z
  .object({
    user: User,
    token: z.string().meta({ description: 'Access token, a JWT' }),
    refreshToken: z.string(),
  })
  .meta({ id: 'AuthResponse' })

const email = z
  .string()
  .trim()
  .max(255)
  .pipe(z.email({ error: 'This is not an email address.' }))

export const RegisterRequest = z
  .object({ email, password: z.string().min(8).max(128), fullName: plainText.trim().min(1).max(255) })
  .meta({ id: 'RegisterRequest' })
export const LoginRequest = z
  .object({ email: plainText.max(255), password: z.string().max(128) })
  .meta({ id: 'LoginRequest' })
export const RefreshRequest = z
  .object({ refreshToken: z.string().min(1).max(512) })
  .meta({ id: 'RefreshRequest' })

export const authRoutes = defineRoutes({
  register: {
    method: 'POST',
    path: '/auth/register',
    function: 'auth',
    auth: 'none',
    summary: 'Create an account',
    body: RegisterRequest,
    responses: { 201: { description: 'The account and its first tokens', schema: AuthResponse } },
    problems: ['auth.email_taken', 'auth.password_too_common'],
  },
  login: {
    method: 'POST',
    path: '/auth/login',
    function: 'auth',
    auth: 'none',
    summary: 'Sign in',
    body: LoginRequest,
    responses: { 200: { description: 'Fresh tokens', schema: AuthResponse } },
    problems: ['auth.invalid_credentials'],
  },
  refresh: {
    method: 'POST',
    path: '/auth/refresh',
    function: 'auth',
    auth: 'none',
    summary: 'Exchange a refresh token for new tokens',
    description:
      'Each refresh token works once. A repeat within 30 seconds gets the same successor; a later one ends the session.',
    body: RefreshRequest,
    responses: { 200: { description: 'Fresh tokens', schema: AuthResponse } },
    problems: ['auth.refresh_invalid', 'auth.refresh_reused'],
  },
  logout: {
    method: 'POST',
    path: '/auth/logout',
    function: 'auth',
    auth: 'user',
    summary: 'End this session at once',
    responses: { 204: { description: 'The session is over' } },
    problems: [],
  },
  getMe: {
    method: 'GET',
    path: '/users/me',
    function: 'auth',
    auth: 'user',
    summary: 'The signed-in user',
    responses: { 200: { description: 'The user', schema: z.object({ user: User }) } },
    problems: [],
  },
})

/** The caller, as read from a verified access token. */
export type AuthenticatedUser = {
  userId: string
  email: string
  subscriptionType: string
  tokenId: string
  sessionId: string
  expiresAt: Date
}
