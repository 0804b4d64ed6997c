import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { migrate } from '../../shared/db/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const now = 'now()'
const uuid = 'gen_random_uuid()'

/** The guide's tables, word for word: [column, type, default, nullable]. */
const GUIDE: Record<string, [string, string, string | null, 'null' | 'not null'][]> = {
  users: [
    ['id', 'uuid', uuid, 'not null'],
    ['email', 'character varying(255)', null, 'not null'],
    ['password_hash', 'character varying(255)', null, 'not null'],
    ['full_name', 'character varying(255)', null, 'not null'],
    ['avatar_url', 'text', null, 'null'],
    ['subscription_type', 'character varying(50)', "'free'::character varying", 'null'],
    ['subscription_expires_at', 'timestamp without time zone', null, 'null'],
    ['ai_usage_count', 'integer', '0', 'null'],
    ['ai_usage_limit', 'integer', '10', 'null'],
    ['created_at', 'timestamp without time zone', now, 'null'],
    ['updated_at', 'timestamp without time zone', now, 'null'],
  ],
  videos: [
    ['id', 'uuid', uuid, 'not null'],
    ['user_id', 'uuid', null, 'null'],
    ['title', 'character varying(500)', null, 'not null'],
    ['description', 'text', null, 'null'],
    ['youtube_url', 'text', null, 'null'],
    ['file_url', 'text', null, 'null'],
    ['thumbnail_url', 'text', null, 'null'],
    ['duration', 'integer', null, 'null'],
    ['file_size', 'bigint', null, 'null'],
    ['status', 'character varying(50)', "'processing'::character varying", 'null'],
    ['processing_progress', 'integer', '0', 'null'],
    ['metadata', 'jsonb', null, 'null'],
    ['created_at', 'timestamp without time zone', now, 'null'],
    ['updated_at', 'timestamp without time zone', now, 'null'],
  ],
  ai_summaries: [
    ['id', 'uuid', uuid, 'not null'],
    ['video_id', 'uuid', null, 'null'],
    ['overview', 'text', null, 'not null'],
    ['key_points', 'jsonb', null, 'null'],
    ['timestamps', 'jsonb', null, 'null'],
    ['language', 'character varying(10)', "'vi'::character varying", 'null'],
    ['model_used', 'character varying(100)', null, 'null'],
    ['created_at', 'timestamp without time zone', now, 'null'],
  ],
  chat_messages: [
    ['id', 'uuid', uuid, 'not null'],
    ['user_id', 'uuid', null, 'null'],
    ['video_id', 'uuid', null, 'null'],
    ['message_type', 'character varying(20)', null, 'not null'],
    ['content', 'text', null, 'not null'],
    ['metadata', 'jsonb', null, 'null'],
    ['parent_message_id', 'uuid', null, 'null'],
    ['created_at', 'timestamp without time zone', now, 'null'],
  ],
  ai_narrations: [
    ['id', 'uuid', uuid, 'not null'],
    ['video_id', 'uuid', null, 'null'],
    ['language', 'character varying(10)', "'vi'::character varying", 'null'],
    ['voice_type', 'character varying(50)', "'female'::character varying", 'null'],
    ['speed', 'numeric(3,2)', '1.0', 'null'],
    ['audio_url', 'text', null, 'null'],
    ['transcript', 'jsonb', null, 'null'],
    ['status', 'character varying(50)', "'processing'::character varying", 'null'],
    ['created_at', 'timestamp without time zone', now, 'null'],
  ],
}

const GUIDE_INDEXES = [
  'CREATE INDEX idx_chat_messages_created_at ON public.chat_messages USING btree (created_at DESC)',
  'CREATE INDEX idx_chat_messages_video_id ON public.chat_messages USING btree (video_id)',
  "CREATE INDEX idx_videos_active ON public.videos USING btree (user_id, created_at) WHERE ((status)::text = 'processed'::text)",
  'CREATE INDEX idx_videos_created_at ON public.videos USING btree (created_at DESC)',
  'CREATE INDEX idx_videos_status ON public.videos USING btree (status)',
  'CREATE INDEX idx_videos_user_id ON public.videos USING btree (user_id)',
]

const GUIDE_CONSTRAINTS = [
  ['ai_narrations', 'FOREIGN KEY (video_id) REFERENCES videos(id) ON DELETE CASCADE'],
  ['ai_narrations', 'PRIMARY KEY (id)'],
  ['ai_summaries', 'FOREIGN KEY (video_id) REFERENCES videos(id) ON DELETE CASCADE'],
  ['ai_summaries', 'PRIMARY KEY (id)'],
  ['chat_messages', 'FOREIGN KEY (parent_message_id) REFERENCES chat_messages(id)'],
  ['chat_messages', 'FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE'],
  ['chat_messages', 'FOREIGN KEY (video_id) REFERENCES videos(id) ON DELETE CASCADE'],
  ['chat_messages', 'PRIMARY KEY (id)'],
  ['users', 'PRIMARY KEY (id)'],
  ['users', 'UNIQUE (email)'],
  ['videos', 'FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE'],
  ['videos', 'PRIMARY KEY (id)'],
]

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())

describe('the schema', () => {
  it.each(Object.keys(GUIDE))('has the guide’s columns in %s, in order, before ours', async table => {
    const rows = await db.sql`
      SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, pg_get_expr(d.adbin, d.adrelid) AS default,
        CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END AS nullable
      FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = ${table}::regclass AND a.attnum > 0 ORDER BY a.attnum LIMIT ${GUIDE[table]!.length}`
    expect(rows.map(row => [row.name, row.type, row.default, row.nullable])).toEqual(GUIDE[table])
  })

  it('has the guide’s six indexes by its names', async () => {
    const names = GUIDE_INDEXES.map(definition => definition.split(' ')[2]!)
    const rows = await db.sql<
      { indexdef: string }[]
    >`SELECT indexdef FROM pg_indexes WHERE indexname IN ${db.sql(names)} ORDER BY indexname`
    expect(rows.map(row => row.indexdef)).toEqual(GUIDE_INDEXES)
  })

  it('has the guide’s keys and what they do on delete', async () => {
    const rows = await db.sql`
      SELECT conrelid::regclass::text AS table, pg_get_constraintdef(oid) AS definition FROM pg_constraint
      WHERE contype IN ('p', 'f', 'u') AND conrelid::regclass::text IN ${db.sql(Object.keys(GUIDE))} ORDER BY 1, 2`
    expect(rows.map(row => [row.table, row.definition])).toEqual(GUIDE_CONSTRAINTS)
  })

  it('has an index that begins with each foreign key', async () => {
    const rows = await db.sql`
      SELECT c.conrelid::regclass::text AS table, a.attname AS column FROM pg_constraint c
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
      WHERE c.contype = 'f' AND NOT EXISTS (
        SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] AND i.indpred IS NULL
      )`
    expect([...rows]).toEqual([])
  })

  it.each([
    ['a status the guide does not know', `INSERT INTO videos (title, status) VALUES ('x', 'completed')`],
    ['no status at all', `INSERT INTO videos (title, status) VALUES ('x', NULL)`],
    ['progress above 100', `INSERT INTO videos (title, processing_progress) VALUES ('x', 101)`],
    [
      'a role of a chat message that does not exist',
      `INSERT INTO chat_messages (message_type, content) VALUES ('text', 'x')`,
    ],
    ['a narration faster than 2.0', `INSERT INTO ai_narrations (speed) VALUES (2.01)`],
  ])('refuses %s', async (_, statement) => {
    await expect(db.sql.unsafe(statement)).rejects.toMatchObject({ code: '23514' })
  })
})

describe('migrations', () => {
  const write = async (files: Record<string, string>): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'migrations-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    return folder
  }
  const one = { '0001_one.sql': 'CREATE TABLE one (id INT); CREATE TABLE more (id INT);' }

  it('are applied once, also when two start at the same time', async () => {
    const fresh = await createTestDatabase({ empty: true })
    const folder = await write({ ...one, '0002_two.sql': 'SELECT pg_sleep(0.2); CREATE TABLE two (id INT)' })
    const done = await Promise.all([migrate(fresh.sql, folder), migrate(fresh.sql, folder)])
    expect(done.flat().sort()).toEqual(['0001_one.sql', '0002_two.sql'])
    expect(await migrate(fresh.sql, folder)).toEqual([])
    await fresh.close()
  })

  it('refuse a file that was changed or slipped in later, and leave nothing of a file that fails', async () => {
    const fresh = await createTestDatabase({ empty: true })
    await migrate(fresh.sql, await write({ ...one, '0003_three.sql': 'SELECT 1' }))
    await expect(migrate(fresh.sql, await write({ '0001_one.sql': 'SELECT 2' }))).rejects.toThrow(
      '0001_one.sql was changed',
    )
    await expect(migrate(fresh.sql, await write({ ...one, '0002_two.sql': 'SELECT 1' }))).rejects.toThrow(
      'comes before 0003_three.sql',
    )
    const broken = await write({ ...one, '0004_four.sql': 'CREATE TABLE four (id INT); SELECT 1/0' })
    await expect(migrate(fresh.sql, broken)).rejects.toThrow('division by zero')
    const [row] = await fresh.sql`SELECT to_regclass('four') AS four`
    expect(row?.four).toBeNull()
    await fresh.close()
  })
})
