import { describe, expect, it } from 'vitest'
import { formatTimeCode, parseTimeCode } from '../../shared/kernel/time-codes.ts'

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
    ['00:12.500', 12_500],
    ['00:12,5', 12_500],
    ['75:00', 4_500_000],
    ['1:02:03', 3_723_000],
    ['100:00:00.001', 360_000_001],
  ])('read %s as %i ms', (text, ms) => expect(parseTimeCode(text)).toBe(ms))

  it.each(['', '12', '1:60', '1:75:00', '-1:00', '1:2:3:4', 'a:bc'])('do not read "%s"', text =>
    expect(parseTimeCode(text)).toBeUndefined(),
  )
})
