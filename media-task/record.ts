import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Storage } from '../shared/aws/storage.ts'
import type { Failure } from '../shared/contract/failure.ts'
import { problem } from '../shared/contract/problems.ts'
import type { Database } from '../shared/db/client.ts'
import * as jobs from '../shared/db/repositories/jobs.ts'
import { saveMediaFile } from '../shared/db/repositories/media-files.ts'
import * as runs from '../shared/db/repositories/runs.ts'
import type { VideoRow } from '../shared/db/repositories/videos.ts'
import type { Transact } from '../shared/db/transact.ts'
import { beginJob } from '../shared/domain/jobs/begin-job.ts'
import { failVideo } from '../shared/domain/runs/fail-video.ts'
import { createId } from '../shared/kernel/ids.ts'
import { runPrefix } from '../shared/kernel/object-keys.ts'
import { objectUrl } from '../shared/kernel/object-url.ts'
import type { ProbedFile } from './probe.ts'
import type { Product } from './product.ts'

export type RecordDeps = {
  sql: Database
  transact: Transact
  storage: Pick<Storage, 'bucket' | 'put'>
  video: Pick<VideoRow, 'id' | 'userId' | 'attempt'>
  runId: string
}

/** Records the results of the task: files with their notes, the jobs that users follow, and the reason when a file is refused. */
export const createRecord = ({ sql, transact, storage, video, runId }: RecordDeps) => {
  const { userId, attempt } = video
  const run = { videoId: video.id, runId }
  const keyOf = (product: Product) => `${runPrefix(run.videoId, runId)}${product.name}`
  const urlOf = (product: Product) => objectUrl(storage.bucket, keyOf(product))

  // A stream can be sent only once, so the client does not repeat it by itself.
  const upload = async (product: Product, triesLeft = 2): Promise<void> => {
    try {
      await storage.put(keyOf(product), createReadStream(product.file), { contentType: product.contentType })
    } catch (error) {
      if (triesLeft === 0) throw error
      await sleep(1000 * Math.random() + 500)
      await upload(product, triesLeft - 1)
    }
  }

  const begin = (type: 'extract-audio' | 'generate-thumbnail') =>
    beginJob({ sql, createId }, { input: { videoId: run.videoId, userId, attempt }, type })

  return {
    isCurrent: () => runs.isRunCurrent(sql, run),

    beginExtraction: async (): Promise<void> => {
      await begin('extract-audio')
      await begin('generate-thumbnail')
    },

    /** Uploads a product and notes it. */
    store: async (product: Product): Promise<void> => {
      if (!(await runs.isRunCurrent(sql, run))) throw problem('media.cancelled')
      await upload(product)
      const { size: sizeBytes } = await stat(product.file)
      const { kind, contentType, language = null, details = null } = product
      await saveMediaFile(sql, { ...run, kind, url: urlOf(product), sizeBytes, contentType, language, details })
    },

    /** Sound that cannot be decoded was left out: the transcoding job must not ask for it. */
    finishNormalising: async (film: ProbedFile): Promise<void> => {
      await runs.recordProducts(sql, { ...run, metadata: { hasAudio: film.audioCodec !== undefined } })
    },

    /** Notes on the video what was extracted; the jobs of these steps are done. */
    finishExtraction: async (film: ProbedFile, products: readonly Product[]): Promise<void> => {
      const of = (kind: Product['kind']) => products.find(product => product.kind === kind)
      const [audio, thumbnail, storyboard] = [of('audio'), of('thumbnail'), of('storyboard_vtt')]
      await runs.recordProducts(sql, {
        ...run,
        durationSeconds: film.durationMs / 1000,
        ...(thumbnail && { thumbnailUrl: urlOf(thumbnail) }),
        metadata: {
          durationMs: film.durationMs,
          ...(storyboard && { storyboardUrl: urlOf(storyboard) }),
        },
      })
      await jobs.completeJob(sql, { jobId: (await begin('extract-audio')).id, result: audio?.details ?? { reason: 'no_audio' } })
      await jobs.completeJob(sql, { jobId: (await begin('generate-thumbnail')).id, result: thumbnail?.details })
    },

    /** Ends the run with a reason that its owner is told; nothing happens when the run has ended already. */
    refuse: (failure: Failure): Promise<void> => transact(tx => failVideo(tx, { ...run, failure })),
  }
}

export type TaskRecord = ReturnType<typeof createRecord>
