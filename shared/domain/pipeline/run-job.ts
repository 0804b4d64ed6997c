import type { JobType } from '../../contract/jobs.ts'
import type { PipelineInput } from '../../contract/pipeline.ts'
import type { Sql } from '../../db/client.ts'
import type * as jobs from '../../db/repositories/jobs.ts'
import type { CreateId } from '../../kernel/ids.ts'

export type JobDeps = { sql: Sql; jobs: typeof jobs; createId: CreateId }

type Step = { input: Pick<PipelineInput, 'videoId' | 'userId' | 'attempt'>; type: JobType; subject?: string }

/** The job of a step of this attempt, running: made now, or found when the step is repeated. */
export const beginJob = async ({ sql, jobs, createId }: JobDeps, { input, type, subject }: Step) => {
  const { videoId, userId, attempt } = input
  const job = await jobs.createJob(sql, { id: createId(), userId, videoId, attempt, type, ...(subject && { subject }) })
  await jobs.runJob(sql, { jobId: job.id })
  return job
}
