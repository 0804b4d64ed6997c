import { describe, expect, it } from 'vitest'
import { failure } from '../../shared/contract/problems.ts'
import { readEnding, readFailure } from '../../shared/domain/runs/read-failure.ts'

const ours = { code: 'media.processing_failed', retryable: true }

describe('What the owner is told of a run that failed', () => {
  it('is the reason that the step gave', () => {
    const reason = failure('media.no_video_track')
    const caught = {
      Error: 'MediaProblem',
      Cause: JSON.stringify({ errorType: 'MediaProblem', errorMessage: JSON.stringify(reason) }),
    }
    expect(readFailure(caught)).toEqual(reason)
  })

  it.each([
    [
      'a step that crashed',
      {
        Error: 'TypeError',
        Cause: JSON.stringify({ errorMessage: 'x is not a function', trace: ['at secret'] }),
      },
    ],
    ['a step that never answered', { Error: 'Lambda.Unknown', Cause: 'The cause could not be determined' }],
    [
      'a container that exited',
      { Error: 'States.TaskFailed', Cause: JSON.stringify({ Containers: [{ ExitCode: 1 }] }) },
    ],
    ['an error without a cause', { Error: 'States.Timeout' }],
    [
      'a message that is JSON of something else',
      { Error: 'Error', Cause: JSON.stringify({ errorMessage: '{"code":5}' }) },
    ],
    ['no error at all', undefined],
  ])('is a fault of ours for %s, and nothing of what went wrong inside', (_, error) => {
    const told = readFailure(error)
    expect(told).toMatchObject(ours)
    expect(told.message).toBe('Something went wrong on our side. Try again.')
  })
})

describe('What the owner is told of a run that ended without a word', () => {
  it.each([
    ['TIMED_OUT', 'media.timed_out'],
    ['ABORTED', 'media.cancelled'],
    ['FAILED', 'media.processing_failed'],
    ['SOMETHING_NEW', 'media.processing_failed'],
  ])('is for %s %s, and that a further try may succeed', (status, code) => {
    expect(readEnding(status)).toMatchObject({
      code,
      retryable: true,
      message: expect.stringMatching(/Try again\.$/),
    })
  })
})
