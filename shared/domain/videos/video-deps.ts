import type { DirectUploads } from '../../aws/direct-uploads.ts'
import type { Queue } from '../../aws/queue.ts'
import type { StateMachine } from '../../aws/state-machine.ts'
import type { Storage } from '../../aws/storage.ts'
import type { Transcoding } from '../../aws/transcoding.ts'
import type { MessageOf } from '../../contract/queues.ts'
import type { Sql } from '../../db/client.ts'
import type { Transact } from '../../db/transact.ts'
import type { CreateId } from '../../kernel/ids.ts'
import type { Logger } from '../../observability/logger.ts'
import type { PresentDeps } from './present-video.ts'

/** The dependencies of the use cases of this folder; each names its part. */
export type VideoDeps = Pick<PresentDeps, 'createPlaybackToken'> & {
  sql: Sql
  transact: Transact
  storage: Storage
  directUploads: Pick<DirectUploads, 'abortMultipart'>
  cleanup: Queue<MessageOf<'cleanup'>>
  pipeline: StateMachine
  transcoding: Pick<Transcoding, 'cancel'>
  createId: CreateId
  log: Logger
}

/** A video and the user who must own it. */
export type Owned = { userId: string; videoId: string }
