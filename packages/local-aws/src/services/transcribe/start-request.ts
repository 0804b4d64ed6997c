import { LanguageCode } from '@aws-sdk/client-transcribe'
import { AwsError } from '../../iam/caller.ts'
import { parseS3Uri } from '../s3/object-files.ts'
import type { RecognitionJob } from './recognise-media.ts'

export type StartRequest = {
  TranscriptionJobName?: string
  LanguageCode?: string
  IdentifyLanguage?: boolean
  LanguageOptions?: string[]
  Media?: { MediaFileUri?: string }
  MediaFormat?: string
  OutputBucketName?: string
  OutputKey?: string
}

const languages: string[] = Object.values(LanguageCode)
const FORMATS = ['mp3', 'mp4', 'wav', 'flac', 'ogg', 'amr', 'webm', 'm4a']

const bad = (message: string) => new AwsError('BadRequestException', message)

/**
 * Reads StartTranscriptionJob's input; throws BadRequestException for what Transcribe refuses at
 * once.
 */
export const readStartRequest = (input: StartRequest): RecognitionJob => {
  const jobName = input.TranscriptionJobName ?? ''
  if (!/^[0-9a-zA-Z._-]{1,200}$/.test(jobName))
    throw bad(`Value '${jobName}' at 'transcriptionJobName' must match [0-9a-zA-Z._-]+, 1 to 200 characters.`)
  const media = parseS3Uri(input.Media?.MediaFileUri ?? '')
  if (!media)
    throw bad('The S3 URI that you provided is not valid. Use s3://bucket/key in Media.MediaFileUri.')
  if (input.MediaFormat && !FORMATS.includes(input.MediaFormat))
    throw bad(`Value '${input.MediaFormat}' at 'mediaFormat' must be one of ${FORMATS.join(', ')}.`)
  if (Boolean(input.LanguageCode) === Boolean(input.IdentifyLanguage))
    throw bad('You must provide exactly one of LanguageCode and IdentifyLanguage in your request.')
  const unknown = [input.LanguageCode, ...(input.LanguageOptions ?? [])].find(
    code => code && !languages.includes(code),
  )
  if (unknown)
    throw bad(
      `Value '${unknown}' at 'languageCode' failed to satisfy constraint: Member must satisfy enum value set`,
    )
  if (input.LanguageOptions && !input.IdentifyLanguage)
    throw bad('LanguageOptions can only be used with IdentifyLanguage.')
  if (!input.OutputBucketName)
    throw bad('The local Transcribe writes to a bucket of yours: OutputBucketName is required.')
  const { OutputKey = '' } = input
  const key = OutputKey === '' || OutputKey.endsWith('/') ? `${OutputKey}${jobName}.json` : OutputKey
  return {
    jobName,
    media,
    output: { bucket: input.OutputBucketName, key },
    language: input.LanguageCode,
    candidates: input.LanguageOptions ?? [],
  }
}
