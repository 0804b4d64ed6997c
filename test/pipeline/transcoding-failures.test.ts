import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MediaConvertClient } from '@aws-sdk/client-mediaconvert'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTranscoding } from '../../shared/aws/transcoding.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import { createTransact } from '../../shared/db/transact.ts'
import { checkTranscoding } from '../../shared/domain/pipeline/transcode-video.ts'
import { createStep } from '../../shared/lambda/create-step.ts'
import { addUser, addVideo, createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
/** The job as MediaConvert reports it. */
let job: object
const mediaConvert = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ job }))
})
beforeAll(async () => {
  db = await createTestDatabase()
  await new Promise<void>(done => mediaConvert.listen(0, '127.0.0.1', done))
})
afterAll(async () => {
  mediaConvert.close()
  await db.close()
})

/** How the step ends that asks after the job. */
const check = async (): Promise<Error> => {
  const { id: userId } = await addUser(db.sql)
  const { id: videoId, sourceKey } = await addVideo(db.sql, { userId })
  const runId = `${videoId}-0123456789ab-1`
  await runs.claimRun(db.sql, { videoId, runId, attempt: 1 })
  await runs.recordProducts(db.sql, { videoId, runId, transcodeJobId: 'job-1' })
  const endpoint = `http://127.0.0.1:${(mediaConvert.address() as AddressInfo).port}`
  const client = new MediaConvertClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  const deps = {
    sql: db.sql,
    bucket: 'media',
    transcoding: createTranscoding({ client }),
    transact: createTransact({ sql: db.sql, wake: async () => {}, onWakeFailed: () => {} }),
  }
  const step = createStep({
    run: task => checkTranscoding(deps, task),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
  const input = { videoId, userId, attempt: 1, bucket: 'media', key: sourceKey!, eTag: 'e', sizeBytes: 1 }
  return step({ runId, input, state: {} }).then(
    () => Promise.reject(new Error('the step succeeded')),
    error => error,
  )
}

test.each([
  ['1030, a codec that it does not know', 1030],
  ['1075, a file that breaks off', 1075],
])('A job that failed with %s, is the fault of the file', async (_, errorCode) => {
  job = { status: 'ERROR', errorCode, errorMessage: 'Unable to open s3://media/users/u/source.mp4' }
  const error = await check()
  expect(error.name).toBe('MediaProblem')
  expect(JSON.parse(error.message)).toEqual({
    code: 'media.transcode_failed',
    message: 'The video could not be made playable. Upload another version of it.',
    retryable: false,
  })
})

test.each([
  ['1401, no access to the bucket', { status: 'ERROR', errorCode: 1401, errorMessage: 'Permissions Issue' }],
  ['1999, an unknown error', { status: 'ERROR', errorCode: 1999, errorMessage: 'Unknown Error' }],
  ['no code', { status: 'ERROR' }],
  ['cancelled by an operator', { status: 'CANCELED' }],
])(
  'A job that ended with %s, is no fault of the file: it stays, an alarm rings, and the owner may try again',
  async (_, answer) => {
    job = answer
    expect(await check()).toMatchObject({
      name: 'Error',
      message: expect.stringContaining('MediaConvert did not convert the video'),
    })
  },
)
