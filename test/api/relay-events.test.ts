import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as events from '../../shared/db/repositories/events.ts'
import * as sessions from '../../shared/db/repositories/sessions.ts'
import { relayEvents } from '../../shared/domain/events/relay-events.ts'
import { startConnections } from '../support/connections.ts'
import { addUser, createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
let table: Awaited<ReturnType<typeof startConnections>>
beforeAll(async () => {
  ;[db, table] = await Promise.all([createTestDatabase(), startConnections()])
})
afterAll(async () => {
  await table.close()
  await db.close()
})

type Frame = { seq: number }

/** A user with events, whose connections are sent them by the given frame sender. */
const someone = async ({ eventCount = 5 } = {}) => {
  const { id: userId } = await addUser(db.sql)
  for (let i = 0; i < eventCount; i++)
    await events.appendEvent(db.sql, {
      userId,
      event: { type: 'user_activity', payload: { action: 'video_updated', videoId: randomUUID() } },
    })
  const sessionId = randomUUID()
  await sessions.createSession(db.sql, {
    id: sessionId,
    userId,
    now: new Date(),
    expiresAt: new Date(Date.now() + 60_000),
  })
  const { connections } = table
  return {
    connect: async ({ lastSeq = 0, ageMs = 0 } = {}) => {
      const connectionId = randomUUID()
      const connectedAt = new Date(Date.now() - ageMs)
      await connections.add({ connectionId, userId, sessionId, lastSeq, connectedAt })
      return connectionId
    },
    relay: (
      sendFrame: (connectionId: string, frame: Frame) => Promise<boolean>,
      { now = () => new Date(), wake = async () => {} } = {},
    ) => {
      const send = (connectionId: string, frame: unknown) => sendFrame(connectionId, frame as Frame)
      const deps = {
        sql: db.sql,
        events,
        sessions,
        connections,
        sendFrame: send,
        wake,
        now,
        sleep: async () => {},
      }
      return relayEvents(deps, { userId })
    },
  }
}

describe('The relay', () => {
  it('loses no resume that comes while it sends', async () => {
    const { connect, relay } = await someone()
    const id = await connect({ lastSeq: 4 })
    const sent: number[] = []
    await relay(async (_, { seq }) => {
      sent.push(seq)
      if (sent.length === 1) await table.connections.setLastSeq(id, 2)
      return true
    })
    expect(sent).toEqual([5, 3, 4, 5])
  })

  it('sends who has very much to catch up with a part of it, and the rest when it is called again', async () => {
    const { connect, relay } = await someone({ eventCount: 250 })
    await connect()
    const sent: number[] = []
    let wakes = 0
    let time = Date.now()
    const slowly = async (_: string, { seq }: Frame) => {
      time += 100
      return sent.push(seq) > 0
    }
    const turn = () => relay(slowly, { now: () => new Date(time), wake: async () => void wakes++ })
    await turn()
    expect([sent.length, wakes]).toEqual([100, 1])
    while (sent.length < 250) await turn()
    expect(sent).toEqual(Array.from({ length: 250 }, (_, i) => i + 1))
    await turn()
    expect([sent.length, wakes]).toEqual([250, 3])
  })

  it('sends nothing twice after a send that failed half-way', async () => {
    const { connect, relay } = await someone()
    await connect()
    const sent: number[] = []
    const broken = relay(async (_, { seq }) => {
      if (seq === 3) throw new Error('throttled')
      return sent.push(seq) > 0
    })
    await expect(broken).rejects.toThrow('throttled')
    await relay(async (_, { seq }) => sent.push(seq) > 0)
    expect(sent).toEqual([1, 2, 3, 4, 5])
  })

  it('holds up nobody for a connection that closed as soon as it was open, and keeps it in case it is still opening', async () => {
    const { connect, relay } = await someone()
    const [young, steady] = [await connect(), await connect()]
    const sent: string[] = []
    await relay(async id => id === steady && sent.push(id) > 0)
    expect(sent).toHaveLength(5)
    expect(await table.connections.find(young)).toMatchObject({ lastSeq: 0 })
    await relay(async id => sent.push(id) > 0)
    expect(sent.filter(id => id === young)).toHaveLength(5)
  })

  it('waits a moment for a connection that is still opening', async () => {
    const { connect, relay } = await someone()
    await connect()
    let tries = 0
    const sent: number[] = []
    await relay(async (_, { seq }) => ++tries > 2 && sent.push(seq) > 0)
    expect(sent).toEqual([1, 2, 3, 4, 5])
  })

  it('forgets a connection that has gone', async () => {
    const { connect, relay } = await someone()
    const old = await connect({ ageMs: 60_000 })
    await relay(async () => false)
    expect(await table.connections.find(old)).toBeUndefined()
  })
})
