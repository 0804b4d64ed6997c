import { STAGES, type Stage, type StageProgress } from '../../contract/pipeline.ts'

/** Percent of the expected work of a run, from the share done of each stage; 100 is left to the publishing. Only files that must be normalised count that work. */
export const overallProgress = (progress: StageProgress): number => {
  const expected = (Object.keys(STAGES) as Stage[]).filter(stage => stage !== 'normalising' || progress.normalising !== undefined)
  const weightOf = (stages: Stage[], share: (stage: Stage) => number) =>
    stages.reduce((sum, stage) => sum + STAGES[stage].weight * share(stage), 0)
  const done = weightOf(expected, stage => progress[stage] ?? 0)
  return Math.min(99, Math.floor((100 * done) / weightOf(expected, () => 1)))
}

/** Stages never go back: the larger share of each wins. */
export const mergeProgress = (before: StageProgress, stage: Stage, share: number): StageProgress => ({
  ...before,
  [stage]: Math.max(before[stage] ?? 0, Math.min(1, Math.max(0, share))),
})

/**
 * Returns the stage to show for a run whose stages run side by side: the first that is begun and not finished, else the latest finished. Nothing runs beside the
 * publishing: what is not finished by then was given up.
 */
export const currentStage = (progress: StageProgress): Stage => {
  if (progress.publishing !== undefined) return 'publishing'
  const begun = (Object.keys(STAGES) as Stage[]).filter(stage => progress[stage] !== undefined)
  return begun.find(stage => progress[stage]! < 1) ?? begun.at(-1) ?? 'queued'
}
