import type { NewEvent } from '../contract/events.ts'
import type { Database, Sql } from './client.ts'
import { appendEvent } from './repositories/events.ts'

/**
 * Adds an event of a user to the transaction; resolves to its number, or undefined when there is no
 * such user any more.
 */
export type Emit = (userId: string, event: NewEvent) => Promise<number | undefined>

export type Tx = { sql: Sql; emit: Emit }

export type Transact = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>

/**
 * Enqueues a message that makes the relay push a user's events. SQS drops a repeated `mark` of a
 * user for five minutes. Events take their number.
 */
export type Wake = (userId: string, mark: number | string) => Promise<void>

/**
 * Runs changes and their events in one transaction: both happen or neither. After the commit each
 * user with new events is woken once; a wake that fails is handed to `onWakeFailed` and never fails
 * the transaction, because the events are stored and a scheduled sweep wakes again.
 */
export const createTransact =
  (o: { sql: Database; wake: Wake; onWakeFailed: (error: unknown, userId: string) => void }): Transact =>
  async work => {
    const newest = new Map<string, number>()
    const result = await o.sql.begin(sql =>
      work({
        sql,
        emit: async (userId, event) => {
          const seq = await appendEvent(sql, { userId, event })
          if (seq !== undefined) newest.set(userId, seq)
          return seq
        },
      }),
    )
    await Promise.all(
      [...newest].map(([userId, seq]) => o.wake(userId, seq).catch(error => o.onWakeFailed(error, userId))),
    )
    return result as Awaited<ReturnType<typeof work>>
  }
