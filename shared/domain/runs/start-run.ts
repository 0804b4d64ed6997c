import type { StateMachine } from '../../aws/state-machine.ts'
import type { Storage } from '../../aws/storage.ts'
import type { PipelineInput } from '../../contract/pipeline.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'
import { runIdOf } from '../../kernel/run-id.ts'

type Deps = { storage: Pick<Storage, 'bucket'>; pipeline: Pick<StateMachine, 'start'> }
type Source = Pick<PipelineInput, 'key' | 'eTag' | 'sizeBytes'>

/**
 * Starts the run of a video's file. Idempotent: the video, its attempt and the eTag of the file
 * make the name of the execution.
 */
export const startRun = async (
  { storage, pipeline }: Deps,
  { id: videoId, userId, attempt }: Pick<VideoRow, 'id' | 'userId' | 'attempt'>,
  { key, eTag, sizeBytes }: Source,
): Promise<void> => {
  const input: PipelineInput = { videoId, userId, attempt, bucket: storage.bucket, key, eTag, sizeBytes }
  await pipeline.start(runIdOf(input), input)
}
