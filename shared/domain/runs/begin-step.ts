import type { JobType } from '../../contract/jobs.ts'
import type { PipelineInput } from '../../contract/pipeline.ts'
import { problem } from '../../contract/problems.ts'
import { lockProgress } from '../../db/repositories/runs.ts'
import type { Transact } from '../../db/transact.ts'
import type { CreateId } from '../../kernel/ids.ts'
import { beginJob } from '../jobs/begin-job.ts'

export type BeginStepDeps = { transact: Transact; createId: CreateId }

/** Begins the job of a run's step. Throws `media.cancelled` once the run has ended. */
export const beginStep = (
  { transact, createId }: BeginStepDeps,
  {
    runId,
    input: { videoId, userId, attempt },
    type,
  }: { runId: string; input: PipelineInput; type: JobType },
): Promise<void> =>
  transact(async ({ sql }) => {
    // The lock delays a failure of the run, which would miss a job that is made beside it.
    if (!(await lockProgress(sql, { videoId, runId }))) throw problem('media.cancelled')
    await beginJob({ sql, createId }, { videoId, userId, attempt, type })
  })
