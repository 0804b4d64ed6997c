import { mkdir, rm } from 'node:fs/promises'
import { AwsError, demand } from '../../iam/caller.ts'
import type { Credentials, Keyring } from '../../iam/keyring.ts'
import { ACCOUNT, REGION } from '../../machine/place.ts'
import { takeTurns } from '../../machine/take-turns.ts'
import { type AwsAction, startAwsJson } from '../aws-json.ts'
import { objectsFor } from '../s3/object-files.ts'
import { JobFailure, recogniseMedia } from './recognise-media.ts'
import { readStartRequest, type StartRequest } from './start-request.ts'

export type TranscribeOptions = {
  port: number
  /**
   * For temporary files only; jobs are forgotten at a restart, as an output file is all that
   * counts.
   */
  dataDir: string
  /** The address of S3. */
  s3: { url: string }
  /** Checks callers, and makes each job use S3 as the role that started it, as AWS does. */
  keyring: Keyring
  region?: string
  accountId?: string
  /** The variables in which programs and WHISPER_MODEL are looked up. */
  environment?: Record<string, string | undefined>
  log?: (line: object) => void
}

type Job = {
  TranscriptionJobName: string
  TranscriptionJobStatus: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  LanguageCode?: string | undefined
  IdentifyLanguage?: boolean | undefined
  MediaFormat?: string | undefined
  Media: { MediaFileUri: string }
  Transcript?: { TranscriptFileUri: string }
  CreationTime: number
  StartTime: number
  CompletionTime?: number
  FailureReason?: string
}

const RECOGNISER_PROCESSES = 2
const now = () => Date.now() / 1000

/** Amazon Transcribe's batch jobs, emulated by the speech engine of this machine. */
export const startTranscribe = async (
  o: TranscribeOptions,
): Promise<{ url: string; close(): Promise<void> }> => {
  const { region = REGION, accountId = ACCOUNT, environment = process.env, log = () => {} } = o
  await rm(o.dataDir, { recursive: true, force: true })
  await mkdir(o.dataDir, { recursive: true })
  const jobs = new Map<string, { job: Job; stop: AbortController; ended: Promise<void> }>()
  const slots = takeTurns(RECOGNISER_PROCESSES)

  const allow = (accessKeyId: string, action: string, name?: string) => {
    const resource =
      name === undefined ? '*' : `arn:aws:transcribe:${region}:${accountId}:transcription-job/${name}`
    demand(o.keyring, accessKeyId, `transcribe:${action}`, resource)
  }
  const find = (name: string) => {
    const found = jobs.get(name)
    if (!found)
      throw new AwsError(
        'BadRequestException',
        "The requested job couldn't be found. Check the job name and try your request again.",
      )
    return found
  }
  const credentialsOf = (accessKeyId: string): Credentials => ({
    accessKeyId,
    secretAccessKey: o.keyring.secretOf(accessKeyId)!,
  })

  const start = async (input: StartRequest, accessKeyId: string) => {
    allow(accessKeyId, 'StartTranscriptionJob')
    const request = readStartRequest(input)
    const { jobName, output } = request
    if (jobs.has(jobName))
      throw new AwsError(
        'ConflictException',
        'The requested job name already exists. Choose a different name.',
      )
    const objects = objectsFor({ url: o.s3.url, credentials: credentialsOf(accessKeyId) })
    const stop = new AbortController()
    const job: Job = {
      TranscriptionJobName: jobName,
      TranscriptionJobStatus: 'IN_PROGRESS',
      LanguageCode: request.language,
      IdentifyLanguage: request.language ? undefined : true,
      MediaFormat: input.MediaFormat,
      Media: { MediaFileUri: input.Media!.MediaFileUri! },
      CreationTime: now(),
      StartTime: now(),
    }
    const run = async () => {
      try {
        const { language } = await recogniseMedia(request, {
          dataDir: o.dataDir,
          accountId,
          objects,
          environment,
          slots,
          signal: stop.signal,
        })
        const Transcript = { TranscriptFileUri: `${o.s3.url}/${output.bucket}/${output.key}` }
        Object.assign(job, { TranscriptionJobStatus: 'COMPLETED', LanguageCode: language, Transcript })
      } catch (error) {
        const FailureReason =
          error instanceof JobFailure ? error.message : `An internal failure occurred: ${String(error)}`
        Object.assign(job, { TranscriptionJobStatus: 'FAILED', FailureReason })
      } finally {
        job.CompletionTime = now()
        objects.close()
        log({
          service: 'transcribe',
          job: jobName,
          status: job.TranscriptionJobStatus,
          reason: job.FailureReason,
        })
      }
    }
    jobs.set(jobName, { job, stop, ended: run() })
    return { TranscriptionJob: { ...job } }
  }

  const actions: Record<string, AwsAction> = {
    StartTranscriptionJob: start,
    GetTranscriptionJob: ({ TranscriptionJobName: name }: { TranscriptionJobName: string }, accessKeyId) => {
      allow(accessKeyId, 'GetTranscriptionJob', name)
      return { TranscriptionJob: find(name).job }
    },
    DeleteTranscriptionJob: (
      { TranscriptionJobName: name }: { TranscriptionJobName: string },
      accessKeyId,
    ) => {
      allow(accessKeyId, 'DeleteTranscriptionJob', name)
      find(name).stop.abort()
      jobs.delete(name)
    },
    ListTranscriptionJobs: (
      { Status, JobNameContains = '' }: { Status?: string; JobNameContains?: string },
      accessKeyId,
    ) => {
      allow(accessKeyId, 'ListTranscriptionJobs')
      const all = [...jobs.values()].map(({ job }) => job).reverse()
      const fitting = all.filter(
        job =>
          (!Status || job.TranscriptionJobStatus === Status) &&
          job.TranscriptionJobName.includes(JobNameContains),
      )
      return {
        Status,
        TranscriptionJobSummaries: fitting.map(({ Media, Transcript, ...summary }) => summary),
      }
    },
  }
  const server = await startAwsJson({ port: o.port, version: '1.1', keyring: o.keyring, actions })
  return {
    url: server.url,
    close: async () => {
      await server.close()
      for (const { stop } of jobs.values()) stop.abort()
      await Promise.all([...jobs.values()].map(({ ended }) => ended))
    },
  }
}
