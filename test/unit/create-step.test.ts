import { expect, it } from 'vitest'
import { problem } from '../../shared/contract/problems.ts'
import { createStep } from '../../shared/jobs/create-step.ts'

const task = { runId: 'run', input: { videoId: 'v', userId: 'u', attempt: 1, bucket: 'b', key: 'k', eTag: 'e', sizeBytes: 1 }, state: {} }

it('A step that a service refuses tells the owner what happened, and only the log where our files lie', async () => {
  const lines: object[] = []
  const keep = (message: string, fields?: object) => lines.push({ message, ...fields })
  const refuse = async () => {
    throw problem('media.transcode_failed', { reason: 'Unable to open s3://our-bucket/users/u/source.mp4' })
  }
  const step = createStep({ run: refuse, log: { info: keep, warn: keep, error: keep } })
  const error = await step(task).catch(thrown => thrown as Error)
  expect(error).toMatchObject({ name: 'MediaProblem', message: expect.stringContaining('The video could not be converted') })
  expect((error as Error).message).not.toContain('our-bucket')
  expect(lines).toMatchObject([{ code: 'media.transcode_failed', cause: expect.stringContaining('our-bucket') }])
})
