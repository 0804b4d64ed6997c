import { expect, it } from 'vitest'
import { PROBLEMS, problem } from '../../shared/contract/problems.ts'
import type { ProblemType } from '../../shared/kernel/problem.ts'
import { problemDocument } from '../../shared/lambda/http/problem-document.ts'

it.each(Object.entries<ProblemType>(PROBLEMS))(
  '%s has a sentence that says more than its title',
  (_, { title, detail }) => {
    expect(detail).toMatch(/^[A-Z].*[.]$/)
    expect(detail).not.toBe(`${title}.`)
  },
)

it('the sentence of the row gives way to one with data in it', () => {
  expect(problemDocument(problem('video.not_found'), 'r').detail).toBe('You have no such video.')
  expect(problemDocument(problem('upload.too_large', { detail: 'At most 5 bytes.' }), 'r').detail).toBe(
    'At most 5 bytes.',
  )
})
