import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from './client.ts'

type Migration = { name: string; text: string; checksum: string }

const readMigrations = async (folder: string): Promise<Migration[]> => {
  const names = (await readdir(folder)).filter(name => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async name => {
      const text = await readFile(join(folder, name), 'utf8')
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

const refuse = (migration: Migration, applied: { name: string; checksum: string }[]): void => {
  const known = applied.find(({ name }) => name === migration.name)
  if (known && known.checksum !== migration.checksum)
    throw new Error(`${migration.name} was changed after it had been applied: write a new migration instead`)
  const newest = applied.at(-1)?.name
  if (!known && newest && migration.name < newest)
    throw new Error(
      `${migration.name} comes before ${newest}, which is already applied: give it the next number`,
    )
}

/**
 * Applies the `NNNN_name.sql` files of a folder that the database does not have yet, in order, each
 * in its own transaction, and returns their names. Safe to run twice at once. Throws when an
 * applied file was changed. Migrations that the folder does not know (a newer release) are left
 * alone.
 */
export const migrate = async (database: Database, folder: string): Promise<string[]> => {
  const done: string[] = []
  for (const migration of await readMigrations(folder)) {
    await database.begin(async sql => {
      await sql`SELECT pg_advisory_xact_lock(hashtextextended('ai-video-hub migrations', 0))`
      await sql`CREATE TABLE IF NOT EXISTS schema_migrations (
        name TEXT PRIMARY KEY,
        checksum TEXT NOT NULL,
        applied_at TIMESTAMP NOT NULL DEFAULT NOW()
      )`
      const applied = await sql<
        { name: string; checksum: string }[]
      >`SELECT name, checksum FROM schema_migrations ORDER BY name`
      refuse(migration, applied)
      if (applied.some(({ name }) => name === migration.name)) return
      // A migration that waits for a busy table would block every query behind it.
      await sql`SELECT set_config('lock_timeout', '30s', true)`
      await sql.unsafe(migration.text).simple()
      await sql`INSERT INTO schema_migrations (name, checksum) VALUES (${migration.name}, ${migration.checksum})`
      done.push(migration.name)
    })
  }
  return done
}
