import { createHash } from 'node:crypto'

/** 256 random bits need no salt. */
export const hashTicket = (ticket: string): string => createHash('sha256').update(ticket).digest('base64url')
