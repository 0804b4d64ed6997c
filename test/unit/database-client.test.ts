import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { credentialsIn, withoutCredentials } from '../../packages/local-aws/src/engines/database-address.ts'
import { connectDatabase } from '../../shared/db/connect.ts'
import { appendEvent, listEvents, listUsersWithEvents } from '../../shared/db/repositories/events.ts'
import { findUser } from '../../shared/db/repositories/users.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'

process.env.TZ = 'Asia/Ho_Chi_Minh'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())

const progress = (videoId: string, percent: number) => ({
  type: 'video_processing' as const,
  payload: { videoId, status: 'processing' as const, progress: percent },
})

describe('a function’s connection', () => {
  const nowhere = { DATABASE_HOST: undefined, DATABASE_NAME: undefined }
  const query = async (
    config: { DATABASE_URL: string; DATABASE_SECRET_ARN: string | undefined },
    secret: object,
  ) => {
    const sql = await connectDatabase({ ...nowhere, ...config }, async () => JSON.stringify(secret))
    try {
      return (await sql`SELECT current_user AS name`)[0]?.name
    } finally {
      await sql.end()
    }
  }

  it('takes from the secret who connects, unless the address says so', async () => {
    const { username } = new URL(db.url)
    const credentials = credentialsIn(db.url)
    expect(
      await query({ DATABASE_URL: withoutCredentials(db.url), DATABASE_SECRET_ARN: 'arn' }, credentials),
    ).toBe(username)
    expect(
      await query({ DATABASE_URL: db.url, DATABASE_SECRET_ARN: 'arn' }, { username: 'nobody', password: '' }),
    ).toBe(username)
    const wrong = { ...credentials, username: 'nobody' }
    await expect(
      query({ DATABASE_URL: withoutCredentials(db.url), DATABASE_SECRET_ARN: 'arn' }, wrong),
    ).rejects.toThrow(/nobody/)
  })
})

describe('the client, seven hours east of Greenwich', () => {
  it('reads TIMESTAMP columns as the UTC that was written, from Date, text and NOW()', async () => {
    expect(new Date('2026-01-02T00:00:00Z').getHours()).toBe(7)
    const noon = '2026-01-02T12:00:00.250Z'
    const user = await addUser(db.sql)
    for (const value of [new Date(noon), noon]) {
      await db.sql`UPDATE users SET subscription_expires_at = ${value} WHERE id = ${user.id}`
      const [row] =
        await db.sql`SELECT subscription_expires_at AS at, subscription_expires_at::text AS stored FROM users WHERE id = ${user.id}`
      expect(row).toEqual({ at: noon, stored: '2026-01-02 12:00:00.25' })
    }
    expect(Math.abs(Date.parse(user.createdAt) - Date.now())).toBeLessThan(60_000)
    const [count] =
      await db.sql`SELECT count(*) FROM users WHERE created_at > ${new Date(Date.now() - 60_000)} AND created_at < ${new Date(Date.now() + 60_000)}`
    expect(count).toEqual({ count: 1 })
  })

  it('gives BIGINT and DECIMAL as numbers, camelCase columns, and leaves the keys inside JSONB alone', async () => {
    const user = await addUser(db.sql)
    const video = await addVideo(db.sql, { userId: user.id, fileSize: 3_000_000_000 })
    expect(video.fileSize).toBe(3_000_000_000)
    const cues = [{ start_time: 0.5, end_time: 2, text: 'Xin chào' }]
    const [row] = await db.sql`
      INSERT INTO ai_narrations (video_id, speed, transcript) VALUES (${video.id}, 1.25, ${db.sql.json(cues)}) RETURNING speed, voice_type, transcript`
    expect(row).toEqual({ speed: 1.25, voiceType: 'female', transcript: cues })
  })

  it('moves updated_at with every change of a user or a video, but not with the counter of events', async () => {
    const user = await addUser(db.sql)
    const video = await addVideo(db.sql, { userId: user.id })
    await sleep(5)
    await appendEvent(db.sql, { userId: user.id, event: progress(video.id, 1) })
    expect((await findUser(db.sql, { userId: user.id }))?.updatedAt).toBe(user.updatedAt)
    for (const [table, before] of [
      ['users', user],
      ['videos', video],
    ] as const) {
      const [after] =
        await db.sql`UPDATE ${db.sql(table)} SET id = id WHERE id = ${before.id} RETURNING updated_at, created_at`
      expect(after?.updatedAt > before.updatedAt).toBe(true)
      expect(after?.createdAt).toBe(before.createdAt)
    }
  })

  it('fails a query at once when the server is away', async () => {
    const { createDatabase } = await import('../../shared/db/client.ts')
    const nowhere = createDatabase({ url: 'postgresql://hub@127.0.0.1:9/hub' })
    await expect(nowhere`SELECT 1`).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('transact', () => {
  const wakes: [string, string | number][] = []
  const failures: unknown[] = []
  const transact = () =>
    createTransact({
      sql: db.sql,
      wake: async (...wake) => void wakes.push(wake),
      onWakeFailed: error => failures.push(error),
    })

  it('numbers the events of a user without gaps or doubles, whoever writes at the same time', async () => {
    const [one, two] = [await addUser(db.sql), await addUser(db.sql)]
    const writers = Array.from({ length: 20 }, (_, index) =>
      transact()(async ({ emit }) => {
        await sleep(Math.random() * 20)
        await emit(index % 2 ? one.id : two.id, progress(one.id, index))
        if (index === 7) throw new Error('rolled back')
      }).catch(error => expect(error.message).toBe('rolled back')),
    )
    await Promise.all(writers)
    const { events, lastSeq } = await listEvents(db.sql, { userId: one.id, after: 0, limit: 100 })
    expect(events.map(event => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(lastSeq).toBe(9)
    expect(events.map(event => event.at)).toEqual(events.map(event => event.at).toSorted())
    const { events: rest } = await listEvents(db.sql, { userId: one.id, after: 7, limit: 1 })
    expect(rest.map(event => event.seq)).toEqual([8])
    const active = await listUsersWithEvents(db.sql, { since: new Date(Date.now() - 60_000), limit: 100 })
    expect(active).toContainEqual({ userId: one.id, seq: 9 })
  })

  it('wakes each user once after the commit, with the newest number, and never after a rollback', async () => {
    const user = await addUser(db.sql)
    wakes.length = 0
    await transact()(async ({ emit }) => {
      await emit(user.id, progress(user.id, 1))
      await emit(user.id, progress(user.id, 2))
      expect(wakes).toEqual([])
    })
    expect(wakes).toEqual([[user.id, 2]])
    const broken = transact()(async ({ emit }) => {
      await emit(user.id, progress(user.id, 3))
      throw new Error('no')
    })
    await expect(broken).rejects.toThrow('no')
    expect(wakes).toHaveLength(1)
  })

  it('keeps what was committed when the wake fails', async () => {
    const user = await addUser(db.sql)
    const failing = createTransact({
      sql: db.sql,
      wake: async () => Promise.reject(new Error('queue away')),
      onWakeFailed: e => failures.push(e),
    })
    expect(await failing(({ emit }) => emit(user.id, progress(user.id, 1)))).toBe(1)
    expect(failures).toEqual([new Error('queue away')])
  })

  it('emits nothing for a user who is gone', async () => {
    expect(
      await transact()(({ emit }) => emit('00000000-0000-4000-8000-000000000000', progress('x', 1))),
    ).toBeUndefined()
  })
})
