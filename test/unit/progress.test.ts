import { describe, expect, test } from 'vitest'
import { STAGES } from '../../shared/contract/pipeline.ts'
import { currentStage, mergeProgress, overallProgress } from '../../shared/domain/runs/overall-progress.ts'

describe('the progress of a run', () => {
  test('is weighted by the expected work, which is 100 for a file that needs no conversion', () => {
    const { normalising, ...usual } = STAGES
    expect(Object.values(usual).reduce((sum, { weight }) => sum + weight, 0)).toBe(100)
    expect(overallProgress({ queued: 1, inspecting: 1, transcoding: 0.5, transcribing: 0.5 })).toBe(
      2 + 3 + 20 + 15,
    )
  })

  test('counts the conversion of a file that needs it', () => {
    const before = { queued: 1, inspecting: 1, normalising: 0 }
    expect(overallProgress({ ...before, normalising: 1 }) - overallProgress(before)).toBeGreaterThanOrEqual(
      28,
    )
    const all = Object.fromEntries(Object.keys(STAGES).map(stage => [stage, 1]))
    expect(overallProgress(all)).toBe(99)
  })

  test('never goes back within a stage', () => {
    expect(mergeProgress({ transcoding: 0.6 }, 'transcoding', 0.4)).toEqual({ transcoding: 0.6 })
    expect(mergeProgress({}, 'transcoding', 7)).toEqual({ transcoding: 1 })
  })

  test('is called by the first stage that is begun and not finished, though stages run side by side', () => {
    expect(currentStage({ inspecting: 1, normalising: 1, extracting: 0.3, transcoding: 0.8 })).toBe(
      'extracting',
    )
    expect(currentStage({ inspecting: 1, extracting: 1, transcribing: 1, transcoding: 0.8 })).toBe(
      'transcoding',
    )
    expect(currentStage({ inspecting: 1 })).toBe('inspecting')
    expect(currentStage({ inspecting: 1, summarising: 0, publishing: 0 })).toBe('publishing')
  })
})
