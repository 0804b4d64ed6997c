import { randomBytes, randomUUID } from 'node:crypto'

export type CreateId = () => string

/** A random UUID (version 4). */
export const createId: CreateId = () => randomUUID()

/** 256 random bits for tokens, as 43 characters that need no escaping in a URL. */
export const createSecret = (): string => randomBytes(32).toString('base64url')
