import { describe, expect, it } from 'vitest'
import { stageSettings } from '../../infra/stages.ts'

describe('the pause between two questions of the pipeline', () => {
  const HOUR_MS = 3_600_000
  const pauseFor = (hours: number) =>
    stageSettings('prod', { VIDEO_PROCESSING_TIMEOUT: String(hours * HOUR_MS) }).pollSeconds

  it('is short as long as it can be', () => {
    expect([stageSettings('prod').pollSeconds, pauseFor(1), stageSettings('local').pollSeconds]).toEqual([
      5, 5, 1,
    ])
  })

  it.each([1, 2, 5, 12, 48])(
    'leaves an execution of %i hours room in its history of 25,000 events',
    hours => {
      const events = 2 * 9 * ((hours * 3600) / pauseFor(hours))
      expect(events).toBeLessThanOrEqual(20_000)
    },
  )
})
