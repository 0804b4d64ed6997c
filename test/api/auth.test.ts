import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { login } from '../../shared/domain/auth/login.ts'
import { logout } from '../../shared/domain/auth/logout.ts'
import { signPlaybackToken, verifyPlaybackToken } from '../../shared/domain/auth/playback-token.ts'
import { refresh } from '../../shared/domain/auth/refresh.ts'
import { register } from '../../shared/domain/auth/register.ts'
import { AUDIENCE, ISSUER } from '../../shared/domain/auth/tokens.ts'
import { createTestAuth } from '../support/auth-deps.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
let auth: ReturnType<typeof createTestAuth>
let count = 0
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())
beforeEach(() => {
  auth = createTestAuth(db.sql)
})

const password = 'mua thu Hà Nội'
const signUp = () =>
  register(auth.deps, { email: `Minh.${++count}@Example.com`, password, fullName: 'Nguyễn Thị Minh' })
const code = (value: string) => expect.objectContaining({ code: value })

describe('an account', () => {
  it('is created with the guide’s defaults, and the answer never holds the password or its hash', async () => {
    const { user, token, refreshToken } = await signUp()
    expect(user).toEqual({
      id: expect.any(String),
      email: `Minh.${count}@Example.com`,
      fullName: 'Nguyễn Thị Minh',
      avatarUrl: null,
      subscriptionType: 'free',
      subscriptionExpiresAt: null,
      aiUsageCount: 0,
      aiUsageLimit: 10,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    })
    expect(refreshToken).toMatch(/^[\w-]{43}$/)
    expect(await auth.authenticate(token)).toMatchObject({
      userId: user.id,
      email: user.email,
      subscriptionType: 'free',
    })
  })

  it('is one for each address, in whatever case it is typed, also when two register at once', async () => {
    const { user } = await signUp()
    await expect(
      register(auth.deps, { email: user.email.toUpperCase(), password, fullName: 'X' }),
    ).rejects.toEqual(code('auth.email_taken'))
    const twice = await Promise.allSettled(
      ['twin@example.com', 'Twin@example.com'].map(email =>
        register(auth.deps, { email, password, fullName: 'X' }),
      ),
    )
    expect(twice.map(result => result.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await login(auth.deps, { email: ` ${user.email.toLowerCase()} `, password })).toMatchObject({
      user: { id: user.id },
    })
  })

  it('refuses a password that everybody tries first', async () => {
    const attempt = register(auth.deps, { email: 'weak@example.com', password: 'Password123', fullName: 'X' })
    await expect(attempt).rejects.toEqual(code('auth.password_too_common'))
  })

  it('answers a wrong password and an unknown address with the same words', async () => {
    const { user } = await signUp()
    const refusal = (email: string) =>
      login(auth.deps, { email, password: 'mùa thu ở đâu' }).catch(error => ({
        ...error,
        message: error.message,
      }))
    const [known, unknown] = await Promise.all([refusal(user.email), refusal('nobody@example.com')])
    expect(known).toEqual(unknown)
    expect(known.code).toBe('auth.invalid_credentials')
  })
})

describe('an access token', () => {
  it('carries the guide’s claims, and ours', async () => {
    const { user, token } = await signUp()
    const issuedAt = Math.floor(auth.now().getTime() / 1000)
    expect(decodeJwt(token)).toEqual({
      userId: user.id,
      email: user.email,
      subscriptionType: 'free',
      iat: issuedAt,
      exp: issuedAt + 3600,
      jti: expect.any(String),
      sid: expect.any(String),
      iss: ISSUER,
      aud: AUDIENCE,
      typ: 'access',
    })
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', kid: expect.any(String), typ: 'JWT' })
  })

  it('says the plan of the row at each refresh, not the plan of the day of sign-in', async () => {
    const first = await signUp()
    await db.sql`UPDATE users SET subscription_type = 'premium' WHERE id = ${first.user.id}`
    const second = await refresh(auth.deps, first)
    expect(second.user.subscriptionType).toBe('premium')
    expect((await auth.authenticate(second.token)).subscriptionType).toBe('premium')
  })

  it('expires', async () => {
    const { token } = await signUp()
    auth.passTime(3600_000)
    await expect(auth.authenticate(token)).rejects.toEqual(code('auth.token_expired'))
  })

  it('is refused when anything about it is not ours', async () => {
    const { user, token } = await signUp()
    const { kid } = decodeProtectedHeader(token) as { kid: string }
    const key = new TextEncoder().encode(auth.settings.jwtSecret)
    const forge = (o: {
      secret?: Uint8Array
      kid?: string
      iss?: string
      aud?: string
      alg?: string
      claims?: object
    }) =>
      new SignJWT({ ...decodeJwt(token), ...o.claims })
        .setProtectedHeader({ alg: o.alg ?? 'HS256', kid: o.kid ?? kid })
        .setIssuer(o.iss ?? ISSUER)
        .setAudience(o.aud ?? AUDIENCE)
        .sign(o.secret ?? key)
    const none = `${Buffer.from(JSON.stringify({ alg: 'none', kid })).toString('base64url')}.${token.split('.')[1]}.`
    const playback = await signPlaybackToken(auth.settings.jwtSecret, {
      userId: user.id,
      videoId: 'v',
      tokenId: 't',
      now: auth.now(),
    })
    const bad = [
      'nonsense',
      '',
      none,
      playback,
      `${token.slice(0, -3)}AAA`,
      await forge({ secret: new TextEncoder().encode(auth.settings.refreshSecret) }),
      await forge({ kid: 'other' }),
      await forge({ iss: 'somebody' }),
      await forge({ aud: 'something' }),
      await forge({ alg: 'HS512' }),
      await forge({ claims: { typ: 'playback' } }),
    ]
    for (const candidate of bad)
      await expect(auth.authenticate(candidate), candidate).rejects.toEqual(code('auth.token_invalid'))
    expect(await auth.authenticate(await forge({}))).toMatchObject({ userId: user.id })
  })
})

describe('a refresh token', () => {
  it('is stored only under an HMAC', async () => {
    const { refreshToken } = await signUp()
    const rows = await db.sql`SELECT * FROM refresh_tokens`
    expect(JSON.stringify(rows)).not.toContain(refreshToken)
    expect(rows.at(-1)?.tokenHmac).toMatch(/^[0-9a-f]{64}$/)
  })

  it('gives new tokens and is used up; the chain goes on', async () => {
    const first = await signUp()
    const second = await refresh(auth.deps, first)
    auth.passTime(3600_000)
    const third = await refresh(auth.deps, second)
    expect(new Set([first.refreshToken, second.refreshToken, third.refreshToken]).size).toBe(3)
    expect(await auth.authenticate(third.token)).toMatchObject({ userId: first.user.id })
  })

  it('gives the same successor to all who use it within 30 seconds, at once or one after the other', async () => {
    const first = await signUp()
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(auth.deps, first)))
    auth.passTime(29_000)
    answers.push(await refresh(auth.deps, first))
    expect(new Set(answers.map(answer => answer.refreshToken)).size).toBe(1)
    expect(await refresh(auth.deps, answers[0]!)).toMatchObject({ user: { id: first.user.id } })
  })

  it('used again later ends the whole session: the thief’s tokens and the owner’s, access tokens too', async () => {
    const first = await signUp()
    const second = await refresh(auth.deps, first)
    auth.passTime(31_000)
    const reuses = await Promise.allSettled([refresh(auth.deps, first), refresh(auth.deps, first)])
    expect(reuses.map(result => result.status === 'rejected' && result.reason.code).sort()).toEqual([
      'auth.refresh_invalid',
      'auth.refresh_reused',
    ])
    await expect(refresh(auth.deps, second)).rejects.toEqual(code('auth.refresh_invalid'))
    for (const { token } of [first, second])
      await expect(auth.authenticate(token)).rejects.toEqual(code('auth.token_invalid'))
    expect(await login(auth.deps, { email: first.user.email, password })).toMatchObject({
      user: { id: first.user.id },
    })
  })

  it('used again after its own time ends the session all the same: a thief may have gone on from it', async () => {
    const first = await signUp()
    let thief = await refresh(auth.deps, first)
    for (const day of [3, 6, 9]) {
      auth.passTime(3 * 86_400_000)
      if (day < 9) thief = await refresh(auth.deps, thief)
    }
    await expect(refresh(auth.deps, first)).rejects.toEqual(code('auth.refresh_reused'))
    await expect(refresh(auth.deps, thief)).rejects.toEqual(code('auth.refresh_invalid'))
  })

  it('expires after a week without use, and nothing else is one', async () => {
    const { refreshToken, token } = await signUp()
    await expect(refresh(auth.deps, { refreshToken: token })).rejects.toEqual(code('auth.refresh_invalid'))
    await expect(refresh(auth.deps, { refreshToken: 'x' })).rejects.toEqual(code('auth.refresh_invalid'))
    auth.passTime(7 * 86_400_000)
    await expect(refresh(auth.deps, { refreshToken })).rejects.toEqual(code('auth.refresh_invalid'))
  })
})

describe('logout', () => {
  it('ends this session at once, with every token it was ever given, and no other session', async () => {
    const first = await signUp()
    const elsewhere = await login(auth.deps, { email: first.user.email, password })
    const second = await refresh(auth.deps, first)
    await logout(auth.deps, await auth.authenticate(second.token))
    for (const { token } of [first, second])
      await expect(auth.authenticate(token)).rejects.toEqual(code('auth.token_invalid'))
    await expect(refresh(auth.deps, second)).rejects.toEqual(code('auth.refresh_invalid'))
    expect(await auth.authenticate(elsewhere.token)).toMatchObject({ userId: first.user.id })
  })

  it('is not undone by changing the spelling of the token', async () => {
    const { token } = await signUp()
    await logout(auth.deps, await auth.authenticate(token))
    await expect(auth.authenticate(`${token}=`)).rejects.toEqual(code('auth.token_invalid'))
  })
})

describe('a playback token', () => {
  it('plays its video for six hours and opens nothing else', async () => {
    const { jwtSecret } = auth.settings
    const token = await signPlaybackToken(jwtSecret, {
      userId: 'u',
      videoId: 'v',
      tokenId: 't',
      now: auth.now(),
    })
    expect(await verifyPlaybackToken(jwtSecret, { token, videoId: 'v', now: auth.now() })).toEqual({
      userId: 'u',
      videoId: 'v',
    })
    await expect(verifyPlaybackToken(jwtSecret, { token, videoId: 'w', now: auth.now() })).rejects.toEqual(
      code('playback.link_invalid'),
    )
    auth.passTime(6 * 3600_000)
    await expect(verifyPlaybackToken(jwtSecret, { token, videoId: 'v', now: auth.now() })).rejects.toEqual(
      code('playback.link_expired'),
    )
    const { token: access } = await signUp()
    await expect(
      verifyPlaybackToken(jwtSecret, { token: access, videoId: 'v', now: auth.now() }),
    ).rejects.toEqual(code('playback.link_invalid'))
  })
})
