import type { Sql } from '../../shared/db/client.ts'

type Column = {
  table: string
  column: string
  type: string
  isKey: boolean
  isForeign: boolean
  isUnique: boolean
}

const shortType = (type: string): string =>
  type
    .replace('character varying', 'varchar')
    .replace('timestamp without time zone', 'timestamp')
    // Mermaid takes no comma in a type.
    .replace(/\(\d+,\d+\)/, '')

/**
 * The Mermaid entity-relationship diagram of a migrated database: every table, column and foreign
 * key.
 */
export const drawSchema = async (sql: Sql): Promise<string> => {
  const columns = await sql<Column[]>`
    SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type,
      bool_or(coalesce(k.contype = 'p', false)) AS is_key, bool_or(coalesce(k.contype = 'f', false)) AS is_foreign,
      bool_or(coalesce(k.contype = 'u', false)) AS is_unique
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND a.attnum = ANY (k.conkey) AND k.contype IN ('p', 'f', 'u')
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    GROUP BY c.oid, c.relname, a.attname, a.attnum, a.atttypid, a.atttypmod ORDER BY c.oid, a.attnum`
  const relations = await sql<{ child: string; parent: string; column: string }[]>`
    SELECT k.conrelid::regclass::text AS child, k.confrelid::regclass::text AS parent, a.attname AS column
    FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    WHERE k.contype = 'f' ORDER BY k.confrelid, k.conrelid, a.attnum`
  const tables = Map.groupBy(columns, column => column.table)
  const marks = (column: Column) => {
    const list = [column.isKey && 'PK', column.isForeign && 'FK', column.isUnique && 'UK'].filter(Boolean)
    return list.length > 0 ? ` ${list.join(', ')}` : ''
  }
  return [
    'erDiagram',
    ...relations.map(({ parent, child, column }) => `    ${parent} ||--o{ ${child} : ${column}`),
    ...[...tables].flatMap(([table, own]) => [
      `    ${table} {`,
      ...own.map(column => `        ${shortType(column.type)} ${column.column}${marks(column)}`),
      '    }',
    ]),
  ].join('\n')
}
