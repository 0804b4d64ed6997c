import { STAGES, type Stage, type StageProgress } from '../../contract/pipeline.ts'

/**
 * Returns the percentage of a run's expected work, from the share done of each stage. It stays
 * below 100 until the run is published. Normalising counts only for a file that needs it.
 */
export const overallProgress = (progress: StageProgress): number => {
  const expected = (Object.keys(STAGES) as Stage[]).filter(
    stage => stage !== 'normalising' || progress.normalising !== undefined,
  )
  const weightOf = (stages: Stage[], share: (stage: Stage) => number) =>
    stages.reduce((sum, stage) => sum + STAGES[stage].weight * share(stage), 0)
  const done = weightOf(expected, stage => progress[stage] ?? 0)
  return Math.min(99, Math.floor((100 * done) / weightOf(expected, () => 1)))
}

/** Returns the progress with the share of a stage, unless it was larger before. */
export const mergeProgress = (before: StageProgress, stage: Stage, share: number): StageProgress => ({
  ...before,
  [stage]: Math.max(before[stage] ?? 0, Math.min(1, Math.max(0, share))),
})

/**
 * Returns the stage to show for a run whose stages run side by side: the first that is begun and
 * not finished, else the last finished. Publishing comes first: an unfinished stage was given up by
 * then.
 */
export const currentStage = (progress: StageProgress): Stage => {
  if (progress.publishing !== undefined) return 'publishing'
  const begun = (Object.keys(STAGES) as Stage[]).filter(stage => progress[stage] !== undefined)
  return begun.find(stage => progress[stage]! < 1) ?? begun.at(-1) ?? 'queued'
}
