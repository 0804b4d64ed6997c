import type { SessionState } from '../../cache/session-state.ts'
import type { Database } from '../../db/client.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { CreateId } from '../../kernel/ids.ts'
import type { TokenSettings } from './tokens.ts'

/** The dependencies of the use cases of accounts. */
export type AuthDeps = {
  sql: Database
  sessionState: SessionState
  settings: TokenSettings
  now: Clock
  createId: CreateId
  /** A new refresh token: 256 random bits. */
  createSecret: () => string
}
