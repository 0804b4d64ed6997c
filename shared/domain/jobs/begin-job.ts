import type { JobType } from '../../contract/jobs.ts'
import type { PipelineInput } from '../../contract/pipeline.ts'
import type { Sql } from '../../db/client.ts'
import { createJob, runJob } from '../../db/repositories/jobs.ts'
import type { CreateId } from '../../kernel/ids.ts'

export type JobDeps = { sql: Sql; createId: CreateId }

type Step = { input: Pick<PipelineInput, 'videoId' | 'userId' | 'attempt'>; type: JobType; subject?: string }

/** The job of a step of this attempt, running: made now, or found when the step is repeated. */
export const beginJob = async ({ sql, createId }: JobDeps, { input, type, subject }: Step) => {
  const { videoId, userId, attempt } = input
  const job = await createJob(sql, { id: createId(), userId, videoId, attempt, type, ...(subject && { subject }) })
  await runJob(sql, { jobId: job.id })
  return job
}
