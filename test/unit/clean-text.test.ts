import { expect, test } from 'vitest'
import { checkFields } from '../../shared/contract/field-errors.ts'
import { videoTitle } from '../../shared/contract/videos.ts'
import { boundAnswer } from '../../shared/domain/summaries/bound-answer.ts'
import { verifySummary } from '../../shared/domain/summaries/verify-summary.ts'
import { cleanText, shortenText } from '../../shared/kernel/clean-text.ts'

test.each([
  ['Xin chào, giáo dục', 'Xin chào, giáo dục'],
  ['Tie\u0302\u0301ng', 'Tie\u0302\u0301ng'],
  ['a family: 👨‍👩‍👧', 'a family: 👨‍👩‍👧'],
  ['tab\tand\nline', 'tab\tand\nline'],
  ['bell\u0007 and \u009b31m colour', 'bell and 31m colour'],
  ['evil\u202egnp.exe', 'evilgnp.exe'],
  ['half \ud83c of one', 'half \ufffd of one'],
])('%j is kept as %j', (text, clean) => expect(cleanText(text)).toBe(clean))

test('A text is cut between words, and never within a character', () => {
  expect(shortenText('one two three four', 12)).toBe('one two…')
  expect(shortenText(`${'a'.repeat(8)}👍👍`, 10)).toBe(`${'a'.repeat(8)}…`)
  expect(shortenText('short', 10)).toBe('short')
})

test('Two passwords that differ in half a character are both refused, at any depth and in any name', () => {
  const broken = checkFields('body', videoTitle, '\ud800')
  expect(broken.errors).toMatchObject([{ path: '', code: 'invalid_text' }])
  const deep = checkFields('body', videoTitle, { a: [{ b: 'x\udfff' }], '\ud801': 1 })
  expect(deep.errors?.map(({ path }) => path)).toEqual(['a.0.b', '\ufffd'])
})

test('An answer of a hundred thousand key points and five million characters is cut before work is done', () => {
  const point = { text: 'A point. '.repeat(1000), segmentIds: Array(10_000).fill(0) }
  const moment = { segmentId: 0, content: 'x'.repeat(10_000) }
  const answer = {
    language: 'en'.repeat(1000),
    overview: 'word '.repeat(1_000_000),
    overviewSegmentIds: [0],
    keyPoints: Array(100_000).fill(point),
    timestamps: Array(100_000).fill(moment),
  }
  const startedAt = performance.now()
  const segments = [{ index: 0, startMs: 0, endMs: 1000, text: 'Words', confidence: null }]
  const summary = verifySummary(boundAnswer(answer), segments)
  expect(performance.now() - startedAt).toBeLessThan(2000)
  expect(JSON.stringify(summary).length).toBeLessThan(20_000)
})
