import { describe, expect, it } from 'vitest'
import { formatCueTime, formatTimeCode } from '../../shared/kernel/time-codes.ts'

describe('time codes', () => {
  it.each([
    [0, '00:00'],
    [999, '00:00'],
    [61_000, '01:01'],
    [3_599_999, '59:59'],
    [3_600_000, '1:00:00'],
    [18_000_000, '5:00:00'],
  ])('write %i ms as %s', (ms, text) => expect(formatTimeCode(ms)).toBe(text))

  it.each([
    [0, '00:00:00.000'],
    [12_500.4, '00:00:12.500'],
    [360_000_001, '100:00:00.001'],
  ])('write %f ms in a caption file as %s', (ms, text) => {
    expect(formatCueTime(ms)).toBe(text)
    expect(formatCueTime(ms, ',')).toBe(text.replace('.', ','))
  })
})
