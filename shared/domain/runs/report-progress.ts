import type { Stage } from '../../contract/pipeline.ts'
import { lockProgress, recordProgress } from '../../db/repositories/runs.ts'
import type { Transact } from '../../db/transact.ts'
import { reportJob } from '../jobs/begin-job.ts'
import { currentStage, mergeProgress, overallProgress } from './overall-progress.ts'
import { processingEvent } from './processing-event.ts'

export type ProgressDeps = { transact: Transact }

/** Records the share done (0-1) of a stage, notifies the owner. False once the run has ended. */
export const reportProgress = (
  { transact }: ProgressDeps,
  { videoId, runId, stage, share }: { videoId: string; runId: string; stage: Stage; share: number },
): Promise<boolean> =>
  transact(async ({ sql, emit }) => {
    const before = await lockProgress(sql, { videoId, runId })
    if (!before) return false
    const stageProgress = mergeProgress(before.stageProgress, stage, share)
    if (stageProgress[stage] === before.stageProgress[stage]) return true
    const now = { stage: currentStage(stageProgress), progress: overallProgress(stageProgress) }
    const video = await recordProgress(sql, { videoId, runId, ...now, stageProgress })
    if (!video || (video.stage === before.stage && video.processingProgress === before.processingProgress))
      return true
    await reportJob(sql, {
      videoId,
      attempt: video.attempt,
      type: 'process-video',
      progress: video.processingProgress,
    })
    await emit(video.userId, processingEvent(video))
    return true
  })
