import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Stage } from '../../shared/contract/pipeline.ts'
import * as jobs from '../../shared/db/repositories/jobs.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { reportProgress } from '../../shared/domain/pipeline/report-progress.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())

const startRun = async () => {
  const { id: userId } = await addUser(db.sql)
  const { id: videoId, sourceKey: key } = await addVideo(db.sql, { userId })
  await runs.recordSource(db.sql, { userId, videoId, key: key!, eTag: 'abc', sizeBytes: 10 })
  await runs.startRun(db.sql, { videoId, runId: videoId, attempt: 1 })
  const transact = createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} })
  const report = (stage: Stage, share: number) => reportProgress({ transact, runs, jobs }, { videoId, runId: videoId, stage, share })
  const shown = async () =>
    (
      await db.sql`SELECT payload->>'stage' AS stage, (payload->>'progress')::int AS progress FROM user_events WHERE user_id = ${userId} ORDER BY seq`
    ).map(({ stage, progress }) => [stage, progress])
  return { report, shown }
}

it('a video that was converted is not said to be converted while it is extracted', async () => {
  const { report, shown } = await startRun()
  await report('normalising', 0)
  await report('normalising', 1)
  await report('extracting', 0)
  await report('extracting', 1)
  expect(await shown()).toEqual([
    ['normalising', 0],
    ['extracting', 0],
    ['extracting', 15],
  ])
})

it('what changes nothing for the viewer is kept and not told', async () => {
  const { report, shown } = await startRun()
  await report('extracting', 0)
  await report('extracting', 0.01)
  await report('extracting', 0.01)
  expect(await shown()).toEqual([['extracting', 0]])
})
