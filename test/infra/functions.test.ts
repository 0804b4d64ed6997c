import { describe, expect, it } from 'vitest'
import type { EnvironmentKey } from '../../infra/environment.ts'
import { type FunctionRow, functionTable, mediaTask } from '../../infra/functions.ts'

/** The service behind a variable, and the words of `uses` that open it. */
const WAYS: [key: EnvironmentKey, uses: RegExp][] = [
  ['DATABASE_HOST', /^db$/],
  ['DATABASE_NAME', /^db$/],
  ['DATABASE_SECRET_ARN', /^db$/],
  ['REDIS_ENDPOINT', /^cache$/],
  ['AUTH_SECRET_ARN', /^auth-secret$/],
  ['OPENAI_SECRET_ARN', /^openai-secret$/],
  // MediaConvert reads and writes the bucket under a role of its own.
  ['AWS_S3_BUCKET', /^(bucket:|mediaconvert:run$)/],
  ['EVENTS_QUEUE_URL', /^queue:events:send$/],
  ['SUMMARIES_QUEUE_URL', /^queue:summaries:send$/],
  ['MEDIA_PROGRESS_QUEUE_URL', /^queue:media-progress:send$/],
  ['CLEANUP_QUEUE_URL', /^queue:cleanup:send$/],
  ['CONNECTIONS_TABLE', /^connections:/],
  ['WEBSOCKET_MANAGEMENT_URL', /^manage-connections$/],
  ['PIPELINE_ARN', /^pipeline:/],
  ['MEDIACONVERT_ROLE_ARN', /^mediaconvert:run$/],
  ['MEDIACONVERT_QUEUE_ARN', /^mediaconvert:run$/],
]

const rows: Record<string, Pick<FunctionRow, 'environment' | 'uses'>> = {
  ...functionTable,
  'media-task': mediaTask,
}

describe.each(Object.entries(rows))('%s', (_, { environment, uses }) => {
  it('is let in wherever a variable leads it, and knows the way to whatever it may use', () => {
    const oneSided = WAYS.filter(
      ([key, word]) => environment.includes(key) !== uses.some(use => word.test(use)),
    )
    expect(oneSided.map(([key]) => key)).toEqual([])
  })
})
