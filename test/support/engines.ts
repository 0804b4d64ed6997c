import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import {
  GetTranscriptionJobCommand,
  StartTranscriptionJobCommand,
  type StartTranscriptionJobCommandInput,
  TranscribeClient,
} from '@aws-sdk/client-transcribe'
import {
  startTranscribe,
  type TranscribeOptions,
} from '../../packages/local-aws/src/services/transcribe/server.ts'
import { operator, operatorKeyring, serveMedia } from '../../packages/local-aws/test/support/serve-s3.ts'

export type TranscriptFile = {
  jobName: string
  results: {
    transcripts: { transcript: string }[]
    items: {
      type: string
      start_time?: string
      end_time?: string
      alternatives: { confidence: string; content: string }[]
    }[]
    audio_segments: { transcript: string; start_time: string; end_time: string; items: number[] }[]
    language_code?: string
  }
}

/** An S3 with the bucket `media`, to which files of this machine are put. */
export const serveFiles = async () => {
  const s3 = await serveMedia({})
  return {
    ...s3,
    /** Returns the entity tag. */
    put: async (key: string, file: string): Promise<string> => {
      const { ETag } = await s3.client.send(
        new PutObjectCommand({ Bucket: 'media', Key: key, Body: await readFile(file) }),
      )
      return ETag!.replaceAll('"', '')
    },
    bytes: async (key: string) =>
      (
        await s3.client.send(new GetObjectCommand({ Bucket: 'media', Key: key }))
      ).Body!.transformToByteArray(),
    text: async (key: string) =>
      (await s3.client.send(new GetObjectCommand({ Bucket: 'media', Key: key }))).Body!.transformToString(),
  }
}

export type ServedFiles = Awaited<ReturnType<typeof serveFiles>>

/** The local Transcribe with the real client, and a short way to run one job to its end. */
export const serveTranscribe = async (files: ServedFiles, options: Partial<TranscribeOptions> = {}) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'local-transcribe-'))
  const server = await startTranscribe({
    port: 0,
    dataDir,
    s3: { url: files.url },
    keyring: operatorKeyring,
    ...options,
  })
  const client = new TranscribeClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: operator,
    maxAttempts: 1,
  })

  const run = async (
    name: string,
    input: Partial<StartTranscriptionJobCommandInput> & { Media: { MediaFileUri: string } },
  ) => {
    const output = { OutputBucketName: 'media', OutputKey: `${name}.json` }
    const started = await client.send(
      new StartTranscriptionJobCommand({ TranscriptionJobName: name, ...output, ...input }),
    )
    let job = started.TranscriptionJob!
    while (job.TranscriptionJobStatus === 'IN_PROGRESS') {
      await sleep(50)
      job = (await client.send(new GetTranscriptionJobCommand({ TranscriptionJobName: name })))
        .TranscriptionJob!
    }
    const file =
      job.TranscriptionJobStatus === 'COMPLETED'
        ? (JSON.parse(await files.text(`${name}.json`)) as TranscriptFile)
        : undefined
    return { job, file }
  }
  return {
    client,
    dataDir,
    run,
    close: async () => {
      await server.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
