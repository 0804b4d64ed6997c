import type { DirectUploads } from '../../aws/direct-uploads.ts'
import type { Queue } from '../../aws/queue.ts'
import type { StateMachine } from '../../aws/state-machine.ts'
import type { Storage } from '../../aws/storage.ts'
import type { Transcoding } from '../../aws/transcoding.ts'
import type { MessageOf } from '../../contract/jobs.ts'
import type { Sql } from '../../db/client.ts'
import type * as jobs from '../../db/repositories/jobs.ts'
import type * as narrations from '../../db/repositories/narrations.ts'
import type * as runs from '../../db/repositories/runs.ts'
import type * as summaries from '../../db/repositories/summaries.ts'
import type * as transcripts from '../../db/repositories/transcripts.ts'
import type * as uploads from '../../db/repositories/uploads.ts'
import type * as videos from '../../db/repositories/videos.ts'
import type { Transact } from '../../db/transact.ts'
import type { CreateId } from '../../kernel/ids.ts'
import type { Logger } from '../../observability/logger.ts'
import type { PresentDeps } from './present-video.ts'

/** What the use cases of this folder are given; each names its part of it. */
export type VideoDeps = Pick<PresentDeps, 'createPlaybackToken'> & {
  sql: Sql
  transact: Transact
  videos: typeof videos
  runs: typeof runs
  uploads: typeof uploads
  jobs: typeof jobs
  summaries: typeof summaries
  narrations: typeof narrations
  transcripts: typeof transcripts
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
