import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { TranscribeClient } from '@aws-sdk/client-transcribe'
import { operator } from '../../packages/local-aws/test/support/serve-s3.ts'

const said = ['Xin', 'chào'].map((content, i) => ({
  type: 'pronunciation',
  start_time: `${i}.0`,
  end_time: `${i}.5`,
  alternatives: [{ content, confidence: '0.9' }],
}))

/**
 * Amazon Transcribe on a bad day: its first jobs fail with the given sentences, a further one hears
 * "Xin chào".
 */
export const serveFailingTranscribe = async (
  sentences: string[],
  o: { write: (key: string, text: string) => Promise<unknown> },
) => {
  const jobs: { name: string; FailureReason: string | undefined }[] = []
  const start = async ({
    TranscriptionJobName: name,
    OutputKey,
  }: {
    TranscriptionJobName: string
    OutputKey: string
  }) => {
    if (jobs.some(job => job.name === name)) return { __type: 'ConflictException' }
    const FailureReason = sentences[jobs.length]
    jobs.push({ name, FailureReason })
    if (!FailureReason)
      await o.write(OutputKey, JSON.stringify({ results: { language_code: 'vi-VN', items: said } }))
    return { TranscriptionJob: { TranscriptionJobName: name, TranscriptionJobStatus: 'IN_PROGRESS' } }
  }
  const get = ({ TranscriptionJobName: name }: { TranscriptionJobName: string }) => {
    const job = jobs.find(job => job.name === name)
    if (!job) return { __type: 'BadRequestException', Message: "The requested job couldn't be found." }
    const { FailureReason } = job
    return {
      TranscriptionJob: { TranscriptionJobStatus: FailureReason ? 'FAILED' : 'COMPLETED', FailureReason },
    }
  }
  const server = createServer(async (request, response) => {
    const input = (await json(request)) as never
    const answer =
      request.headers['x-amz-target'] === 'Transcribe.StartTranscriptionJob' ? await start(input) : get(input)
    response
      .writeHead('__type' in answer ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify(answer))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    client: new TranscribeClient({ endpoint, region: 'us-east-1', credentials: operator, maxAttempts: 1 }),
    started: () => jobs.map(({ name }) => name),
    close: async () => {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
}
