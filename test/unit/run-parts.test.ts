import { expect, it } from 'vitest'
import { problem } from '../../shared/contract/problems.ts'
import { runParts } from '../../shared/lambda/run-parts.ts'

it('Each part of the reconciliation runs though others fail, and the log says which failed and why', async () => {
  const lines: object[] = []
  const keep = (message: string, fields?: object) => void lines.push({ message, ...fields })
  const [away, taken] = [new Error('the database is away'), problem('media.replaced')]
  const parts = {
    expireUploads: () => Promise.reject(away),
    abandonStuckRuns: async () => 3,
    sweepEvents: () => Promise.reject(taken),
  }
  await expect(runParts(parts, { info: keep, error: keep })).rejects.toThrow(
    'reconciliation failed in part: expireUploads, sweepEvents',
  )
  expect(lines).toEqual([
    { message: 'A part of the reconciliation failed', part: 'expireUploads', error: away },
    { message: 'A part of the reconciliation failed', part: 'sweepEvents', error: taken },
    { message: 'Reconciled', expireUploads: 'failed', abandonStuckRuns: 3, sweepEvents: 'failed' },
  ])
})
