import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { drawSchema } from '../support/schema-diagram.ts'

let db: TestDatabase
let text: string
beforeAll(async () => {
  db = await createTestDatabase()
  text = await readFile(join(import.meta.dirname, '../../docs/database.md'), 'utf8')
})
afterAll(() => db.close())

describe('docs/database.md', () => {
  it('draws exactly the tables, columns and foreign keys that the migrations make', async () => {
    expect(/```mermaid\n(.*?)\n```/s.exec(text)?.[1]).toBe(await drawSchema(db.sql))
  })

  it('has a section for each table and names each index', async () => {
    const tables = await db.sql<
      { name: string }[]
    >`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`
    const indexes = await db.sql<
      { name: string }[]
    >`SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'idx_%'`
    expect(tables.filter(({ name }) => !text.includes(`### ${name}\n`))).toEqual([])
    expect(indexes.filter(({ name }) => !text.includes(`\`${name}\``))).toEqual([])
  })
})
