import { STAGES, type Stage } from '../../contract/pipeline.ts'

export type StageProgress = Partial<Record<Stage, number>>

/** Percent of the expected work of a run, from the share done of each stage; 100 is left to the publishing. */
export const overallProgress = (progress: StageProgress): number => {
  const done = Object.entries(progress).reduce((sum, [stage, share]) => sum + STAGES[stage as Stage].weight * share, 0)
  return Math.min(99, Math.floor(done))
}

/** Stages never go back: the larger share of each wins. */
export const mergeProgress = (before: StageProgress, stage: Stage, share: number): StageProgress => ({
  ...before,
  [stage]: Math.max(before[stage] ?? 0, Math.min(1, Math.max(0, share))),
})

/** What to call the state of a run whose stages run side by side: the first that is begun and not finished, else the latest finished. */
export const currentStage = (progress: StageProgress): Stage => {
  const begun = (Object.keys(STAGES) as Stage[]).filter(stage => progress[stage] !== undefined)
  return begun.find(stage => progress[stage]! < 1) ?? begun.at(-1) ?? 'queued'
}
