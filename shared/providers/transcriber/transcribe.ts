import {
  BadRequestException,
  ConflictException,
  GetTranscriptionJobCommand,
  StartTranscriptionJobCommand,
  type TranscribeClient,
} from '@aws-sdk/client-transcribe'
import * as z from 'zod'
import { readTranscriptionFailure, type TranscriptionFailure } from './read-transcription-failure.ts'
import { transcribeLanguage } from './transcribe-language.ts'

export type TranscriptionState =
  | { status: 'running' }
  | { status: 'completed'; language: string | undefined }
  | ({ status: 'failed'; message: string } & TranscriptionFailure)

/** Amazon Transcribe's result file, as far as it is read. */
const TranscribeOutput = z.object({
  results: z.object({
    language_code: z.string().optional(),
    items: z.array(
      z.object({
        type: z.enum(['pronunciation', 'punctuation']),
        start_time: z.string().optional(),
        end_time: z.string().optional(),
        alternatives: z.array(z.object({ content: z.string(), confidence: z.string().optional() })).min(1),
      }),
    ),
  }),
})

/** The words of a result file and the language that was heard. */
export const readTranscribeOutput = (text: string) => {
  const { results } = TranscribeOutput.parse(JSON.parse(text))
  return { items: results.items, language: results.language_code }
}

export type Transcriber = ReturnType<typeof createTranscriber>

/**
 * Amazon Transcribe over its SDK client. Names are unique, so starting the same job again changes
 * nothing.
 */
export const createTranscriber = ({ client, bucket }: { client: TranscribeClient; bucket: string }) => ({
  /**
   * Starts the recognition of `audioKey` (FLAC); the result is written to `outputKey`. Without a
   * language it is identified; one that Transcribe does not know fails at once.
   */
  async start({
    name,
    audioKey,
    outputKey,
    language,
  }: {
    name: string
    audioKey: string
    outputKey: string
    language?: string
  }): Promise<TranscriptionState> {
    try {
      await client.send(
        new StartTranscriptionJobCommand({
          TranscriptionJobName: name,
          Media: { MediaFileUri: `s3://${bucket}/${audioKey}` },
          MediaFormat: 'flac',
          OutputBucketName: bucket,
          OutputKey: outputKey,
          ...(language ? { LanguageCode: transcribeLanguage(language) } : { IdentifyLanguage: true }),
        }),
      )
    } catch (error) {
      if (error instanceof BadRequestException && language && /language/i.test(error.message))
        return {
          status: 'failed',
          reason: 'language_not_supported',
          retryable: false,
          message: error.message,
        }
      if (!(error instanceof ConflictException)) throw error
    }
    return { status: 'running' }
  },

  async check(name: string): Promise<TranscriptionState> {
    const { TranscriptionJob: job } = await client.send(
      new GetTranscriptionJobCommand({ TranscriptionJobName: name }),
    )
    if (job?.TranscriptionJobStatus === 'COMPLETED')
      return { status: 'completed', language: job.LanguageCode }
    if (job?.TranscriptionJobStatus !== 'FAILED') return { status: 'running' }
    const message = job.FailureReason ?? 'unknown'
    return { status: 'failed', message, ...readTranscriptionFailure(message) }
  },
})
