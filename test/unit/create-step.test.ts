import { expect, it } from 'vitest'
import { type ProblemCode, problem } from '../../shared/contract/problems.ts'
import { createStep } from '../../shared/lambda/create-step.ts'

const task = {
  runId: 'run',
  input: { videoId: 'v', userId: 'u', attempt: 1, bucket: 'b', key: 'k', eTag: 'e', sizeBytes: 1 },
  state: {},
}

/** A step in which this problem comes up: what it throws and what it logs. */
const refuse = async (code: ProblemCode, reason?: string) => {
  const lines: object[] = []
  const keep = (message: string, fields?: object) => lines.push({ message, ...fields })
  const run = async () => {
    throw problem(code, { reason })
  }
  const step = createStep({ run, log: { info: keep, warn: keep, error: keep } })
  return { error: await step(task).catch(thrown => thrown as Error), lines }
}

it('A step that a service refuses tells the owner what happened, and only the log where our files lie', async () => {
  const { error, lines } = await refuse(
    'media.transcode_failed',
    'Unable to open s3://our-bucket/users/u/source.mp4',
  )
  expect(error).toMatchObject({
    name: 'MediaProblem',
    message: expect.stringContaining('The video could not be made playable'),
  })
  expect((error as Error).message).not.toContain('our-bucket')
  expect(lines).toMatchObject([
    { code: 'media.transcode_failed', cause: expect.stringContaining('our-bucket') },
  ])
})

it.each([
  ['media.cancelled', 'MediaProblem'],
  ['media.timed_out', 'Problem'],
] as const)(
  'A step is tried again for a while where that may help, never for a run that has ended: %s',
  async (code, name) => {
    expect((await refuse(code)).error).toMatchObject({ name })
  },
)
