import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthApp } from '../../functions/auth/app.ts'
import { AuthResponse, authRoutes, User } from '../../shared/contract/auth.ts'
import { createApi } from '../../shared/lambda/http/create-api.ts'
import { createCaller, type Handler } from '../support/api-call.ts'
import { createTestAuth } from '../support/auth-deps.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
let call: ReturnType<typeof createCaller>
const lines: unknown[] = []
beforeAll(async () => {
  db = await createTestDatabase()
  const { deps, authenticate } = createTestAuth(db.sql)
  const keep = (message: string, fields?: object) => lines.push({ message, ...fields })
  const log = { info: keep, warn: keep, error: keep }
  const auth = createApi({
    routes: authRoutes,
    implementations: createAuthApp(deps),
    authenticate,
    allowedOrigins: [],
    log,
  })
  call = createCaller({ auth: auth as unknown as Handler })
})
afterAll(() => db.close())

const account = { email: 'lan@example.com', password: 'mua thu Hà Nội', fullName: 'Trần Thị Lan' }

describe('the auth routes', () => {
  it('take a person from registration to logout', async () => {
    const registered = await call('POST', '/auth/register', { body: account })
    expect(registered.status).toBe(201)
    expect(AuthResponse.strict().parse(registered.body)).toEqual(registered.body)

    const signedIn = await call('POST', '/auth/login', {
      body: { email: 'LAN@example.com', password: account.password },
    })
    expect(signedIn.status).toBe(200)
    const refreshed = await call('POST', '/auth/refresh', {
      body: { refreshToken: signedIn.body.refreshToken },
    })
    expect(Object.keys(refreshed.body).sort()).toEqual(['refreshToken', 'token', 'user'])

    const { token } = refreshed.body
    const me = await call('GET', '/users/me', { token })
    expect(me.status).toBe(200)
    expect(User.strict().parse(me.body.user)).toEqual(registered.body.user)

    const left = await call('POST', '/auth/logout', { token })
    expect([left.status, left.text]).toEqual([204, ''])
    for (const old of [token, signedIn.body.token]) {
      const refused = await call('GET', '/users/me', { token: old })
      expect([refused.status, refused.body.code]).toEqual([401, 'auth.token_invalid'])
    }
    expect((await call('GET', '/users/me', { token: registered.body.token })).status).toBe(200)
  })

  it('list everything that is wrong with a registration at once, each with what to do', async () => {
    const answer = await call('POST', '/auth/register', { body: { email: 'no address', password: 'short' } })
    expect(answer.status).toBe(400)
    expect(answer.body.errors).toEqual([
      {
        in: 'body',
        path: 'email',
        code: 'wrong_format',
        format: 'email',
        message: 'This is not an email address.',
      },
      { in: 'body', path: 'password', code: 'too_short', minimum: 8, message: 'Use at least 8 characters.' },
      { in: 'body', path: 'fullName', code: 'required', message: 'This is required.' },
    ])
    const { errors } = (await call('POST', '/auth/register', { body: { ...account, fullName: 'a\u0000b' } }))
      .body
    expect(errors).toMatchObject([{ path: 'fullName', message: 'The character U+0000 is not allowed.' }])
  })

  it.each([
    ['a taken address', 'POST', '/auth/register', { body: account }, 409, 'auth.email_taken'],
    [
      'a common password',
      'POST',
      '/auth/register',
      { body: { ...account, password: 'password1' } },
      422,
      'auth.password_too_common',
    ],
    [
      'a wrong password',
      'POST',
      '/auth/login',
      { body: { email: account.email, password: 'wrong' } },
      401,
      'auth.invalid_credentials',
    ],
    [
      'an unknown address',
      'POST',
      '/auth/login',
      { body: { email: 'x', password: 'wrong' } },
      401,
      'auth.invalid_credentials',
    ],
    [
      'an invented refresh token',
      'POST',
      '/auth/refresh',
      { body: { refreshToken: 'x' } },
      401,
      'auth.refresh_invalid',
    ],
    ['no token', 'GET', '/users/me', {}, 401, 'auth.token_missing'],
    ['a broken token', 'GET', '/users/me', { token: 'a.b.c' }, 401, 'auth.token_invalid'],
  ])('answer %s as a problem document', async (_, method, path, request, status, code) => {
    const answer = await call(method, path, request)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ status, code })
  })

  it('do not know a user who was deleted', async () => {
    const { body } = await call('POST', '/auth/register', { body: { ...account, email: 'gone@example.com' } })
    await db.sql`DELETE FROM users WHERE id = ${body.user.id}`
    expect((await call('GET', '/users/me', { token: body.token })).status).toBe(401)
    expect((await call('POST', '/auth/refresh', { body })).status).toBe(401)
  })

  it('write no password, token or address into the log', () => {
    const log = JSON.stringify(lines)
    for (const secret of [account.password, account.email, 'eyJ', 'refreshToken'])
      expect(log).not.toContain(secret)
  })
})
