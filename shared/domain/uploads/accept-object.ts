import type { Queue } from '../../aws/queue.ts'
import type { StateMachine } from '../../aws/state-machine.ts'
import type { Storage } from '../../aws/storage.ts'
import { failure } from '../../contract/problems.ts'
import type { MessageOf } from '../../contract/queues.ts'
import type { Sql } from '../../db/client.ts'
import { forgetSource, recordSource } from '../../db/repositories/runs.ts'
import { endUpload, findUpload } from '../../db/repositories/uploads.ts'
import { findVideo } from '../../db/repositories/videos.ts'
import type { Transact } from '../../db/transact.ts'
import { parseSourceKey, sourcePrefix } from '../../kernel/object-keys.ts'
import { failVideo } from '../runs/fail-video.ts'
import { processingEvent } from '../runs/processing-event.ts'
import { startRun } from '../runs/start-run.ts'

export type AcceptDeps = {
  sql: Sql
  transact: Transact
  storage: Storage
  cleanup: Queue<MessageOf<'cleanup'>>
  pipeline: StateMachine
}

/** The fate of an object: `started` also when its run had been started before. */
export type Accepted = 'started' | 'ignored' | 'refused' | 'orphaned'

/**
 * Starts the run of the video whose awaited source has arrived. Idempotent. An object without a
 * video is sent to `cleanup`.
 */
export const acceptObject = async (deps: AcceptDeps, { key }: { key: string }): Promise<Accepted> => {
  const owner = parseSourceKey(key)
  if (!owner) return 'ignored'
  const { userId, videoId } = owner
  const object = await deps.storage.head(key)
  if (!object) return 'ignored'
  const [video, upload] = await Promise.all([findVideo(deps.sql, owner), findUpload(deps.sql, owner)])
  if (!video || !upload || upload.key !== key) return removeOrphan(deps, { userId, videoId })
  if (upload.status === 'expired' || upload.status === 'aborted') {
    await deps.cleanup.send({ keys: [key], prefixes: [] })
    return 'orphaned'
  }
  if (upload.status === 'pending' && object.sizeBytes !== upload.sizeBytes)
    return refuse(deps, { videoId, key })

  const arrived = await deps.transact(async ({ sql, emit }) => {
    await endUpload(sql, { videoId, status: 'completed' })
    const row = await recordSource(sql, {
      userId,
      videoId,
      key,
      eTag: object.eTag,
      sizeBytes: object.sizeBytes,
    })
    if (row) await emit(userId, processingEvent(row))
    return row
  })
  const current = arrived ?? (await findVideo(deps.sql, owner))
  if (current && current.sourceEtag !== object.eTag)
    return removeReplacement(deps, { videoId, key, sourceEtag: current.sourceEtag })
  // The same file again is a duplicate event: starting its run again does nothing.
  if (current?.status !== 'processing') return 'ignored'
  await startRun(deps, current, { key, eTag: object.eTag, sizeBytes: object.sizeBytes })
  return 'started'
}

const removeOrphan = async (
  { cleanup }: AcceptDeps,
  { userId, videoId }: { userId: string; videoId: string },
): Promise<Accepted> => {
  await cleanup.send({ keys: [], prefixes: [sourcePrefix(userId, videoId)], onlyIfGone: videoId })
  return 'orphaned'
}

/**
 * Deletes a file that replaced the inspected source: a POST form works for an hour, and the new
 * file was not inspected.
 */
const removeReplacement = async (
  deps: AcceptDeps,
  { videoId, key, sourceEtag }: { videoId: string; key: string; sourceEtag: string | null },
): Promise<Accepted> => {
  const now = await deps.storage.head(key)
  if (!now || now.eTag === sourceEtag) return 'ignored'
  if (sourceEtag && !(await forgetSource(deps.sql, { videoId, eTag: sourceEtag }))) return 'ignored'
  await deps.cleanup.send({ keys: [key], prefixes: [] })
  return 'refused'
}

const refuse = async (
  deps: AcceptDeps,
  { videoId, key }: { videoId: string; key: string },
): Promise<Accepted> => {
  await deps.transact(async tx => {
    await endUpload(tx.sql, { videoId, status: 'aborted' })
    await failVideo(tx, { videoId, runId: null, failure: WRONG_SIZE })
  })
  await deps.cleanup.send({ keys: [key], prefixes: [] })
  return 'refused'
}

const WRONG_SIZE = failure('media.size_mismatch')

/**
 * Returns the decoded keys of the objects that an S3 event reports as created. An `s3:TestEvent`
 * has none.
 */
export const createdKeys = ({ Records = [] }: MessageOf<'ingest'>): string[] =>
  Records.filter(({ eventName }) => /^(s3:)?ObjectCreated:/.test(eventName)).map(({ s3 }) =>
    decodeURIComponent(s3.object.key.replaceAll('+', ' ')),
  )
