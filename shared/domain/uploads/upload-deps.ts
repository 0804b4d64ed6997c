import type { DirectUploads } from '../../aws/direct-uploads.ts'
import type { Queue } from '../../aws/queue.ts'
import type { StateMachine } from '../../aws/state-machine.ts'
import type { Storage } from '../../aws/storage.ts'
import type { MessageOf } from '../../contract/queues.ts'
import type { Sql } from '../../db/client.ts'
import type { Transact } from '../../db/transact.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { CreateId } from '../../kernel/ids.ts'

/** The dependencies of the use cases of this folder; each names its part. */
export type UploadDeps = {
  sql: Sql
  transact: Transact
  storage: Storage
  directUploads: DirectUploads
  cleanup: Queue<MessageOf<'cleanup'>>
  pipeline: StateMachine
  createId: CreateId
  now: Clock
}
