import type { Film, PipelineInput } from '../../contract/pipeline.ts'
import { problem } from '../../contract/problems.ts'
import { recordProducts } from '../../db/repositories/runs.ts'
import { endJobs } from '../jobs/end-jobs.ts'
import { openJob } from '../jobs/open-job.ts'
import { needsNormalising } from '../media/accepted-by-mediaconvert.ts'
import { inspectContainer, type MediaInfo } from '../media/inspect-container.ts'
import { agreesWithType, recogniseFile } from '../media/magic-bytes.ts'
import { type BeginStepDeps, beginStep } from '../runs/begin-step.ts'
import { describeFilm } from '../runs/describe-film.ts'
import { reportProgress } from '../runs/report-progress.ts'
import { type SecureDeps, secureSource } from './secure-source.ts'

export type InspectDeps = BeginStepDeps &
  SecureDeps & {
    readStart: (source: PipelineInput) => Promise<Uint8Array>
    readMediaInfo: (source: PipelineInput) => Promise<MediaInfo | undefined>
  }

/**
 * Reads the facts of a file without decoding it, and records them as the video's metadata. A file
 * whose facts are doubtful is normalised: the media task judges it. Throws the media.* problem of a
 * file that is refused, and `media.cancelled` once the run has ended.
 */
export const inspectSource = async (
  deps: InspectDeps,
  { runId, input }: { runId: string; input: PipelineInput },
): Promise<Film> => {
  const { videoId, userId, attempt } = input
  await beginStep(deps, { runId, input, type: 'extract-metadata' })
  await reportProgress(deps, { videoId, runId, stage: 'inspecting', share: 0 })
  const { key, contentType } = await secureSource(deps, { runId, input })
  const source = { ...input, key }

  const kind = recogniseFile(await deps.readStart(source))
  if (!kind) throw problem('media.not_a_video')
  if (!agreesWithType(kind, contentType))
    throw problem('media.type_mismatch', {
      detail: `The file was announced as ${contentType} but is ${kind}.`,
    })

  const facts = inspectContainer(await deps.readMediaInfo(source))
  const metadata = facts ? describeFilm(facts) : { container: kind }
  const language = await deps.transact(async tx => {
    const duration = facts && { durationSeconds: facts.durationMs / 1000 }
    const video = await recordProducts(tx.sql, { videoId, runId, metadata, ...duration })
    if (!video) throw problem('media.cancelled')
    await endJobs(
      tx,
      { videoId, attempt, types: ['extract-metadata'] },
      { status: 'completed', result: metadata },
    )
    for (const type of ['extract-audio', 'generate-thumbnail'] as const)
      await openJob({ sql: tx.sql, createId: deps.createId }, { videoId, userId, attempt, type })
    return video.language ?? ''
  })
  await reportProgress(deps, { videoId, runId, stage: 'inspecting', share: 1 })
  return { key, eTag: input.eTag, language, normalise: !facts || needsNormalising(facts) }
}
