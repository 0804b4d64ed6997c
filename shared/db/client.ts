import postgres from 'postgres'

const timestampAsUtc = {
  to: 1114,
  from: [1114],
  serialize: (value: string | Date): string => new Date(value).toISOString(),
  parse: (text: string): string => new Date(`${text.replace(' ', 'T')}Z`).toISOString(),
}

// BIGINT: sizes and counters stay far below 2^53. NUMERIC: two digits of a speed.
const numbers = { to: 20, from: [20, 1700], serialize: String, parse: Number }

type Types = { timestamp: string | Date; number: number }

/** The connection of a repository: the pool or a transaction. */
export type Sql = postgres.ISql<Types>
/** The pool itself: begins transactions and can be closed. */
export type Database = postgres.Sql<Types>

export type DatabaseOptions = {
  /** postgresql://…; an `sslmode` in it is honoured. */
  url?: string
  /** The RDS Proxy or server; TLS with a checked certificate is always used. */
  host?: string
  database?: string
  user?: string
  password?: () => Promise<string>
  /**
   * Functions answer one request at a time: one connection for it, one for a query beside a
   * transaction.
   */
  maxConnections?: number
}

/**
 * A pool that connects with its first query. Names are camelCase in JavaScript and snake_case in
 * SQL (the contents of JSONB stay as they are); TIMESTAMP holds UTC and is read as an ISO string
 * ending in Z; BIGINT and NUMERIC are numbers; `undefined` as a parameter throws.
 */
export const createDatabase = ({ url, maxConnections = 2, ...server }: DatabaseOptions): Database => {
  const options = {
    max: maxConnections,
    // RDS Proxy pins a connection for named prepared statements and session state.
    prepare: false,
    fetch_types: false,
    connect_timeout: 10,
    idle_timeout: 60,
    connection: { application_name: 'ai-video-hub', TimeZone: 'UTC' },
    types: { timestamp: timestampAsUtc, number: numbers },
    transform: { column: { from: postgres.toCamel, to: postgres.fromCamel } },
    onnotice: () => {},
  }
  const sql = url
    ? postgres(url, { ...options, ...server })
    : postgres({ ...options, ...server, ssl: 'verify-full' })
  return sql as unknown as Database
}

/** A row, or undefined: for queries that find one at most. */
export const first = <T>(rows: readonly T[]): T | undefined => rows[0]
