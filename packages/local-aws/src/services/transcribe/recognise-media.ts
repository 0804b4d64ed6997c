import { mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError, runCommand } from '../../machine/command.ts'
import { type ObjectAddress, type Objects, objectFailure } from '../s3/object-files.ts'
import { cutAtPauses, frameLevels, sampleRate } from './clips.ts'
import { type Engine, findEngine, type Recording } from './engine.ts'
import { transcriptFile } from './transcript.ts'

/** Why a job failed, as GetTranscriptionJob shows it. */
export class JobFailure extends Error {}

export type RecognitionJob = {
  jobName: string
  media: ObjectAddress
  output: ObjectAddress
  language: string | undefined
  /** Identification chooses among these; none: among all. */
  candidates: string[]
}

export type Surroundings = {
  dataDir: string
  accountId: string
  objects: Objects
  environment: Record<string, string | undefined>
  slots: Recording['slots']
  signal: AbortSignal
}

const bytesPerSecond = sampleRate * 2
const SHORTEST_SECONDS = 0.5
const LONGEST_SECONDS = 4 * 3600
const largestBytes = 2 * 1024 ** 3
const demuxers = 'flac,wav,mp3,mov,matroska,ogg,amr'

const unsupported = (language: string, engine: Engine) =>
  new JobFailure(
    `The language code you provided isn't supported: ${language}. The embedded recogniser (${engine.name}) knows ${engine.languages}.`,
  )

// Word for word, slips included: callers know these failures by their sentences.
const unreadable =
  "The data in your input media file isn't valid. Check the media file and try your request again."
const tooLong =
  'Invalid file size: file size too large. Maximum audio duration is 4.000000 hours.Check the length of the file and try your request again.'
const tooShort =
  'The input media file length is too small. Minimum audio duration is 0.500000 milliseconds. Check the length of the file and try your request again.'
const tooLittleSpeech =
  'Your audio file must have a speech segment long enough in duration to perform automatic language identification. Provide an audio file with someone speaking for a longer period of time and try your request again.'

// The language to listen for; undefined leaves it to the engine.
const chooseLanguage = (job: RecognitionJob, engine: Engine): string | undefined => {
  if (job.language) {
    if (!engine.knows(job.language)) throw unsupported(job.language, engine)
    return job.language
  }
  if (job.candidates.length === 0) return undefined
  const known = job.candidates.filter(engine.knows)
  if (known.length === 0) throw unsupported(job.candidates.join(', '), engine)
  return known.length === 1 ? known[0] : undefined
}

const decode = async (mediaFile: string, pcmFile: string, signal: AbortSignal): Promise<void> => {
  const input = ['-protocol_whitelist', 'file,pipe', '-format_whitelist', demuxers, '-i', `file:${mediaFile}`]
  const sound = [
    '-map',
    '0:a:0',
    '-t',
    String(LONGEST_SECONDS + 1),
    '-ac',
    '1',
    '-ar',
    String(sampleRate),
    '-f',
    's16le',
    `file:${pcmFile}`,
  ]
  try {
    await runCommand('ffmpeg', ['-nostdin', '-v', 'error', ...input, ...sound], {
      deadlineMs: 900_000,
      signal,
    })
  } catch (error) {
    if (error instanceof CommandError) throw new JobFailure(`${unreadable} ${error.message}`)
    throw error
  }
  const seconds = (await stat(pcmFile)).size / bytesPerSecond
  if (seconds < SHORTEST_SECONDS) throw new JobFailure(tooShort)
  if (seconds > LONGEST_SECONDS) throw new JobFailure(tooLong)
}

/**
 * Listens to the media of a job and writes its transcript. Throws JobFailure for what is wrong with
 * the job or the machine.
 */
export const recogniseMedia = async (job: RecognitionJob, o: Surroundings): Promise<{ language: string }> => {
  const engine = findEngine(o.environment)
  if (!engine)
    throw new JobFailure(
      'No speech engine was found on this machine: install pocketsphinx, or whisper.cpp with WHISPER_MODEL.',
    )
  const language = chooseLanguage(job, engine)
  const folder = await mkdtemp(join(o.dataDir, 'job-'))
  try {
    const mediaFile = join(folder, 'media')
    const pcmFile = join(folder, 'sound.raw')
    if ((await o.objects.sizeOf(job.media)) > largestBytes)
      throw new JobFailure('Invalid file size: file size too large.')
    await o.objects.download(job.media, mediaFile, o.signal)
    await decode(mediaFile, pcmFile, o.signal)
    await rm(mediaFile)
    const clips = cutAtPauses(await frameLevels(pcmFile))
    const recording = { pcmFile, clips, folder, language, slots: o.slots, signal: o.signal }
    const heard =
      clips.length > 0 ? await engine.recognise(recording) : { language: language ?? 'en-US', words: [] }
    if (!job.language && heard.words.length === 0) throw new JobFailure(tooLittleSpeech)
    const { jobName } = job
    const file = transcriptFile({ jobName, accountId: o.accountId, identified: !job.language, ...heard })
    await o.objects.upload(job.output, JSON.stringify(file), 'application/json', o.signal)
    return { language: heard.language }
  } catch (error) {
    const failure = objectFailure(error)
    if (failure)
      throw new JobFailure(
        `${failure === 'missing' ? "An S3 object or bucket of this job doesn't exist" : 'Access to S3 was denied'}: ${String(error)}`,
      )
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
