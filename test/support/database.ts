import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { createDatabase, type Database } from '../../shared/db/client.ts'
import { createUser, type UserRow } from '../../shared/db/repositories/users.ts'
import { createVideo, type NewVideo, type VideoRow } from '../../shared/db/repositories/videos.ts'
import { type Server, withDatabase } from './postgres-broker.ts'

export type TestDatabase = { url: string; sql: Database; close(): Promise<void> }

/** A migrated database of its own for a test file. `empty`: without the migrations. */
export const createTestDatabase = async ({
  empty = false,
  maxConnections = 20,
} = {}): Promise<TestDatabase> => {
  const answer = await fetch(inject('postgresBroker'))
  if (!answer.ok) throw new Error(await answer.text())
  const server = (await answer.json()) as Server
  const name = `hub_test_${randomUUID().replaceAll('-', '')}`
  const admin = createDatabase({ url: server.url, maxConnections: 1 })
  await admin.unsafe(`CREATE DATABASE ${name} ${empty ? '' : `TEMPLATE ${server.template}`}`)
  const url = withDatabase(server.url, name)
  const sql = createDatabase({ url, maxConnections })
  return {
    url,
    sql,
    close: async () => {
      await sql.end({ timeout: 5 })
      await admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`)
      await admin.end()
    },
  }
}

/** A user nobody else in the file has. The password hash is no hash: sign-in is impossible. */
export const addUser = async (
  sql: Database,
  user: { email?: string; fullName?: string } = {},
): Promise<UserRow> => {
  const id = randomUUID()
  const row = await createUser(sql, {
    id,
    email: user.email ?? `${id}@example.com`,
    fullName: user.fullName ?? 'Nguyễn Thị Minh',
    passwordHash: '-',
  })
  return row!
}

/** A video that waits for its file. */
export const addVideo = (sql: Database, video: Partial<NewVideo> & { userId: string }): Promise<VideoRow> => {
  const id = video.id ?? randomUUID()
  return createVideo(sql, {
    title: 'A film',
    sourceKey: `users/${video.userId}/videos/${id}/source.mp4`,
    ...video,
    id,
  })
}
