import { createHash, createHmac } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import type { AuthenticatedUser } from '../../contract/auth.ts'
import { problem } from '../../contract/problems.ts'

export type TokenSettings = {
  /** Signs access tokens. */
  jwtSecret: string
  /** Keys the HMAC under which refresh tokens are stored. */
  refreshSecret: string
  accessSeconds: number
  refreshSeconds: number
}

export const ISSUER = 'ai-video-hub'
export const AUDIENCE = 'ai-video-hub-api'
const ALGORITHM = 'HS256'

const keyOf = (secret: string): Uint8Array => new TextEncoder().encode(secret)

/**
 * Names the secret without telling anything about it, so that a token of another secret is
 * recognised as such.
 */
const keyId = (secret: string): string =>
  createHash('sha256').update(`kid:${secret}`).digest('base64url').slice(0, 8)

const seconds = (time: Date): number => Math.floor(time.getTime() / 1000)

export type Claims = { typ: string; [claim: string]: unknown }

/** A JWT with our issuer and audience; `typ` keeps one kind of token from passing for another. */
export const signToken = (
  secret: string,
  o: { claims: Claims; tokenId: string; now: Date; lifetimeSeconds: number },
): Promise<string> =>
  new SignJWT(o.claims)
    .setProtectedHeader({ alg: ALGORITHM, kid: keyId(secret), typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setJti(o.tokenId)
    .setIssuedAt(seconds(o.now))
    .setExpirationTime(seconds(o.now) + o.lifetimeSeconds)
    .sign(keyOf(secret))

/**
 * The claims of a token of this kind. Throws `auth.token_expired` for a good one that is too old,
 * `auth.token_invalid` for everything else.
 */
export const verifyToken = async (
  secret: string,
  o: { token: string; typ: string; now: Date },
): Promise<Record<string, unknown>> => {
  try {
    const { payload, protectedHeader } = await jwtVerify(o.token, keyOf(secret), {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      currentDate: o.now,
      requiredClaims: ['exp', 'iat', 'jti'],
    })
    if (protectedHeader.kid !== keyId(secret) || payload.typ !== o.typ) throw problem('auth.token_invalid')
    return payload
  } catch (error) {
    throw error instanceof errors.JWTExpired ? problem('auth.token_expired') : problem('auth.token_invalid')
  }
}

type AccessUser = Pick<AuthenticatedUser, 'userId' | 'email' | 'subscriptionType'>

/** `sid` ties the token to its session: ending the session ends the token. */
export const signAccessToken = (
  settings: TokenSettings,
  { user, sessionId, tokenId, now }: { user: AccessUser; sessionId: string; tokenId: string; now: Date },
): Promise<string> =>
  signToken(settings.jwtSecret, {
    claims: {
      typ: 'access',
      userId: user.userId,
      email: user.email,
      subscriptionType: user.subscriptionType,
      sid: sessionId,
    },
    tokenId,
    now,
    lifetimeSeconds: settings.accessSeconds,
  })

/**
 * Returns the user of an access token, by its signature and time alone. Throws as `verifyToken`
 * does.
 */
export const verifyAccessToken = async (
  secret: string,
  { token, now }: { token: string; now: Date },
): Promise<AuthenticatedUser> => {
  const { userId, email, subscriptionType, sid, jti, exp } = await verifyToken(secret, {
    token,
    typ: 'access',
    now,
  })
  return {
    userId: String(userId),
    email: String(email),
    subscriptionType: String(subscriptionType),
    sessionId: String(sid),
    tokenId: String(jti),
    expiresAt: new Date(Number(exp) * 1000),
  }
}

const hmac = (settings: TokenSettings, text: string): Buffer =>
  createHmac('sha256', settings.refreshSecret).update(text).digest()

/** Under which name a refresh token is stored. */
export const storedNameOf = (settings: TokenSettings, refreshToken: string): string =>
  hmac(settings, `stored:${refreshToken}`).toString('hex')

/**
 * The one token that may follow this one. It is computed, not stored: a repeat within the grace
 * gets the very same, and no copy of it lies anywhere.
 */
export const successorOf = (settings: TokenSettings, refreshToken: string): string =>
  hmac(settings, `successor:${refreshToken}`).toString('base64url')
