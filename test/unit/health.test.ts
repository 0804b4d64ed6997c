import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSystemApp } from '../../functions/system/app.ts'
import { createPages } from '../../functions/system/pages.ts'
import { createDatabase, type Sql } from '../../shared/db/client.ts'
import * as events from '../../shared/db/repositories/events.ts'
import * as sessions from '../../shared/db/repositories/sessions.ts'
import * as tickets from '../../shared/db/repositories/tickets.ts'
import { readHealth } from '../../shared/domain/system/read-health.ts'
import { createSecret } from '../../shared/kernel/ids.ts'
import { addUser, createTestDatabase, type TestDatabase } from '../support/database.ts'

const minute = 60_000
const expiresAt = new Date('2026-12-24T00:00:00Z')
const signedInAt = new Date('2026-11-22T10:00:00Z')

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())

const depsAt = (time: number, isUp: () => Promise<boolean>, sql: Sql = db.sql) => ({
  ...{ sql, isCacheUp: isUp, isStorageUp: isUp, isLanguageModelUp: isUp },
  now: () => new Date(time),
  tokenSeconds: 3600,
  processUsage: () => ({ memoryMb: 90, cpuPercent: 1.5 }),
})
const healthAt = (...given: Parameters<typeof depsAt>) => readHealth(depsAt(...given))

describe('the health of the hub', () => {
  it('counts as active who may still hold an access token, though the session was last marked long ago', async () => {
    const user = await addUser(db.sql)
    await sessions.createSession(db.sql, { id: randomUUID(), userId: user.id, now: signedInAt, expiresAt })
    const activeAt = async (minutes: number) =>
      (await healthAt(signedInAt.getTime() + minutes * minute, async () => true)).metrics.activeUsers
    expect([await activeAt(1), await activeAt(59), await activeAt(61)]).toEqual([1, 1, 0])
  })

  it('is only bad without the database: what throws beside it is down', async () => {
    const health = await healthAt(signedInAt.getTime(), () => Promise.reject(new Error('away')))
    expect(health).toMatchObject({
      status: 'healthy',
      services: { database: 'up', redis: 'down', storage: 'down', ai_services: 'down' },
      metrics: { memoryUsage: 90, cpuUsage: 1.5, processingJobs: 0, queueSize: 0 },
    })
  })

  it('is answered as 503 when Postgres is gone', async () => {
    const gone = createDatabase({ url: 'postgresql://hub:hub@127.0.0.1:9/hub' })
    const deps = {
      ...depsAt(signedInAt.getTime(), async () => true, gone),
      events,
      tickets,
      createSecret,
      pages: createPages('nowhere'),
    }
    const { getHealth } = createSystemApp(deps)
    expect(await getHealth({} as Parameters<typeof getHealth>[0])).toMatchObject({
      status: 503,
      body: {
        status: 'unhealthy',
        services: { database: 'down', redis: 'up', storage: 'up', ai_services: 'up' },
      },
    })
    await gone.end()
  })
})
