import type { PipelineInput } from '../../contract/pipeline.ts'
import { problem } from '../../contract/problems.ts'
import { recordProducts } from '../../db/repositories/runs.ts'
import { endJobs } from '../jobs/end-jobs.ts'
import { openJob } from '../jobs/open-job.ts'
import { needsNormalising } from '../media/accepted-by-mediaconvert.ts'
import { inspectContainer, type MediaInfo } from '../media/inspect-container.ts'
import { agreesWithType, recogniseFile } from '../media/magic-bytes.ts'
import type { MediaFacts } from '../media/media-facts.ts'
import { type BeginStepDeps, beginStep } from '../runs/begin-step.ts'
import { reportProgress } from '../runs/report-progress.ts'
import { type SecureDeps, secureSource } from './secure-source.ts'

export type InspectDeps = BeginStepDeps &
  SecureDeps & {
    readStart: (source: PipelineInput) => Promise<Uint8Array>
    readMediaInfo: (source: PipelineInput) => Promise<MediaInfo | undefined>
  }

/** `sourceKey` is the key under which the run's later steps read the file. */
export type Inspection = { sourceKey: string; normalise: boolean; hasAudio: boolean; textTracks: number }

/**
 * Reads the facts of a file without decoding it, and records them as the video's metadata. Throws
 * the media.* problem of a file that is refused, and `media.cancelled` once the run has ended.
 */
export const inspectSource = async (
  deps: InspectDeps,
  { runId, input }: { runId: string; input: PipelineInput },
): Promise<Inspection> => {
  const { videoId, userId, attempt } = input
  await beginStep(deps, { runId, input, type: 'extract-metadata' })
  await reportProgress(deps, { videoId, runId, stage: 'inspecting', share: 0 })
  const { key: sourceKey, contentType } = await secureSource(deps, { runId, input })
  const source = { ...input, key: sourceKey }

  const kind = recogniseFile(await deps.readStart(source))
  if (!kind) throw problem('media.not_a_video')
  if (!agreesWithType(kind, contentType))
    throw problem('media.type_mismatch', {
      detail: `The file was announced as ${contentType} but is ${kind}.`,
    })

  const facts = inspectContainer(await deps.readMediaInfo(source))
  const metadata = describe(facts)
  await deps.transact(async tx => {
    const duration = facts.durationMs > 0 && { durationSeconds: facts.durationMs / 1000 }
    if (!(await recordProducts(tx.sql, { videoId, runId, metadata, ...duration })))
      throw problem('media.cancelled')
    await endJobs(
      tx,
      { videoId, attempt, types: ['extract-metadata'] },
      { status: 'completed', result: metadata },
    )
    for (const type of ['extract-audio', 'generate-thumbnail'] as const)
      await openJob({ sql: tx.sql, createId: deps.createId }, { videoId, userId, attempt, type })
  })
  await reportProgress(deps, { videoId, runId, stage: 'inspecting', share: 1 })
  return {
    sourceKey,
    normalise: needsNormalising(facts),
    hasAudio: facts.hasAudio,
    textTracks: facts.textTracks.length,
  }
}

const describe = ({
  container,
  width,
  height,
  rotation,
  frameRate,
  videoCodec,
  audioCodec,
  bitrate,
  hasAudio,
  hdr,
}: MediaFacts) => ({
  container,
  width,
  height,
  resolution: `${width}x${height}`,
  rotation,
  frameRate,
  videoCodec,
  ...(audioCodec && { audioCodec }),
  bitrate,
  hasAudio,
  hdr,
})
