import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as events from '../../shared/db/repositories/events.ts'
import * as sessions from '../../shared/db/repositories/sessions.ts'
import * as tickets from '../../shared/db/repositories/tickets.ts'
import { login } from '../../shared/domain/auth/login.ts'
import { logout } from '../../shared/domain/auth/logout.ts'
import { register } from '../../shared/domain/auth/register.ts'
import { issueTicket } from '../../shared/domain/events/issue-ticket.ts'
import { openConnection } from '../../shared/domain/events/open-connection.ts'
import { relayEvents } from '../../shared/domain/events/relay-events.ts'
import { createSecret } from '../../shared/kernel/ids.ts'
import { createTestAuth } from '../support/auth-deps.ts'
import { startConnections } from '../support/connections.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
let table: Awaited<ReturnType<typeof startConnections>>
beforeAll(async () => {
  ;[db, table] = await Promise.all([createTestDatabase(), startConnections()])
})
afterAll(async () => {
  await table.close()
  await db.close()
})

const password = 'mua thu Hà Nội'

/** A person who has signed in on two devices. */
const signedInTwice = async (email: string) => {
  const auth = createTestAuth(db.sql)
  const { authenticate } = auth
  const phone = await register(auth.deps, { email, password, fullName: 'Lê Văn Bình' })
  const laptop = await login(auth.deps, { email, password })
  const { connections } = table
  const deps = {
    sql: db.sql,
    events,
    sessions,
    tickets,
    connections,
    authenticate,
    allowedOrigins: [],
    now: () => new Date(),
    createSecret,
  }
  const open = (connectionId: string, token: string) =>
    openConnection(deps, { connectionId, token, origin: undefined })
  const frames: string[] = []
  const happens = async () => {
    await events.appendEvent(db.sql, {
      userId: phone.user.id,
      event: { type: 'user_activity', payload: { action: 'video_updated', videoId: randomUUID() } },
    })
    const sendFrame = async (connectionId: string) => frames.push(connectionId) > 0
    await relayEvents(
      { ...deps, sendFrame, wake: async () => {}, sleep: async () => {} },
      { userId: phone.user.id },
    )
  }
  const ticketOf = async (token: string) => (await issueTicket(deps, await authenticate(token))).ticket
  const signOut = async (token: string) => logout(auth.deps, await authenticate(token))
  return { phone, laptop, open, happens, frames, ticketOf, signOut }
}

describe('Signing out', () => {
  it('ends what open connections of the session are told, and of no other', async () => {
    const { phone, laptop, open, happens, frames, ticketOf, signOut } =
      await signedInTwice('binh@example.com')
    await open('by-token', phone.token)
    await open('by-ticket', await ticketOf(phone.token))
    await open('laptop', laptop.token)
    await happens()
    expect(frames.splice(0).sort()).toEqual(['by-ticket', 'by-token', 'laptop'])

    await signOut(phone.token)
    await happens()
    expect(frames).toEqual(['laptop'])
    expect(await table.connections.listOf(phone.user.id)).toEqual(['laptop'])
  })

  it('makes the tickets of the session worthless', async () => {
    const { phone, open, ticketOf, signOut } = await signedInTwice('an@example.com')
    const ticket = await ticketOf(phone.token)
    await signOut(phone.token)
    await expect(open('late', ticket)).rejects.toMatchObject({ code: 'auth.ticket_invalid' })
  })
})
