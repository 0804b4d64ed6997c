import * as z from 'zod'
import { MAX_SPEECH_SECONDS } from '../../contract/limits.ts'
import type { PipelineInput } from '../../contract/pipeline.ts'
import { problem } from '../../contract/problems.ts'
import { findMediaFile } from '../../db/repositories/media-files.ts'
import { recordTranscriptStatus } from '../../db/repositories/runs.ts'
import { replaceSegments } from '../../db/repositories/transcripts.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'
import { baseLanguage } from '../../kernel/language-tags.ts'
import { INTERMEDIATE, runPrefix } from '../../kernel/object-keys.ts'
import { parseObjectUrl } from '../../kernel/object-url.ts'
import type { Transcriber, TranscriptionState } from '../../providers/transcriber/transcribe.ts'
import { endJobs } from '../jobs/end-jobs.ts'
import { type BeginStepDeps, beginStep } from '../runs/begin-step.ts'
import { reportProgress } from '../runs/report-progress.ts'
import { requireRun } from '../runs/require-run.ts'
import { type CaptionDeps, readOwnCaptions } from './read-own-captions.ts'
import { type RecognisedItem, type Segment, segmentWords } from './segment-words.ts'

export type TranscriptDeps = BeginStepDeps &
  CaptionDeps & {
    transcriber: Transcriber
    readResult: (text: string) => { items: RecognisedItem[]; language: string | undefined }
    onUnavailable: (fields: { videoId: string; error: string }) => void
  }

type Task = { runId: string; input: PipelineInput; state?: unknown }
type Outcome = { status: VideoRow['transcriptStatus'] } & Partial<{
  reason: VideoRow['transcriptReason']
  language: string | null
  source: VideoRow['transcriptSource']
}>
/**
 * `tries` counts the jobs of the recogniser in this run; the state machine hands it on from
 * question to question.
 */
type Answer = { done: true } | { done: false; tries: number }

const MAX_TRIES = 3
const LastAnswer = z.object({ transcript: z.object({ tries: z.int().min(1) }) })

/**
 * Subtitles of the file come first; else the speech is sent to the recogniser, unless there is no
 * sound.
 */
export const startTranscript = async (deps: TranscriptDeps, task: Task): Promise<Answer> => {
  const { runId, input } = task
  const { videoId } = input
  const { language, metadata } = await requireRun(deps, task)
  await beginStep(deps, { runId, input, type: 'generate-transcript' })
  await reportProgress(deps, { videoId, runId, stage: 'transcribing', share: 0 })

  const durationMs = metadata?.durationMs ?? 0
  const captions = await readOwnCaptions(deps, { videoId, runId, language, durationMs })
  if (captions)
    return finish(deps, task, {
      segments: captions.segments,
      source: 'embedded',
      language: captions.language,
    })
  return startRecognition(deps, task, { language, tries: 1 })
}

/**
 * Asks the recogniser; once it is done, the words become segments. Speech that it cannot recognise
 * is no error: the video then has no transcript and says why. A job that failed for no fault of the
 * sound is followed by another, up to three in a run.
 */
export const checkTranscript = async (deps: TranscriptDeps, task: Task): Promise<Answer> => {
  const { runId, input } = task
  const { videoId } = input
  const tries = LastAnswer.safeParse(task.state).data?.transcript.tries ?? 1
  const state = await deps.transcriber.check(jobName(runId, tries))
  if (state.status === 'running') {
    const current = await reportProgress(deps, { videoId, runId, stage: 'transcribing', share: 0.5 })
    if (!current) throw problem('media.cancelled')
    return { done: false, tries }
  }
  if (state.status === 'failed') {
    if (!state.retryable || tries >= MAX_TRIES) return giveUp(deps, task, state)
    deps.onUnavailable({ videoId, error: state.message })
    const { language } = await requireRun(deps, task)
    return startRecognition(deps, task, { language, tries: tries + 1 })
  }
  const text = await deps.readText(resultKey(videoId, runId))
  if (text === undefined) throw new Error(`the recogniser left no result for ${runId}`)
  const { items, language } = deps.readResult(text)
  return finish(deps, task, {
    segments: segmentWords(items),
    source: 'recognised',
    language: state.language ?? language ?? null,
  })
}

/** Sends the sound to the recogniser. A repetition finds the job by its name. */
const startRecognition = async (
  deps: TranscriptDeps,
  task: Task,
  { language, tries }: { language: string | null; tries: number },
): Promise<Answer> => {
  const { runId, input } = task
  const { videoId } = input
  const audio = await findMediaFile(deps.sql, { videoId, runId, kind: 'audio' })
  if (!audio) return finish(deps, task, { reason: 'no_audio' })
  if (Number(audio.details?.durationMs ?? 0) > MAX_SPEECH_SECONDS * 1000)
    return finish(deps, task, { reason: 'too_long' })
  const state = await deps.transcriber.start({
    name: jobName(runId, tries),
    audioKey: parseObjectUrl(audio.url).key,
    outputKey: resultKey(videoId, runId),
    ...(language && { language }),
  })
  return state.status === 'failed' ? giveUp(deps, task, state) : { done: false, tries }
}

const giveUp = (
  deps: TranscriptDeps,
  task: Task,
  { reason, message }: Extract<TranscriptionState, { status: 'failed' }>,
) => {
  if (reason !== 'no_speech') deps.onUnavailable({ videoId: task.input.videoId, error: message })
  return finish(deps, task, { reason })
}

const jobName = (runId: string, tries: number) => (tries === 1 ? runId : `${runId}.${tries}`)

const resultKey = (videoId: string, runId: string) => `${runPrefix(videoId, runId)}${INTERMEDIATE.recognised}`

type Found = {
  segments?: Segment[]
  reason?: NonNullable<Outcome['reason']>
  source?: NonNullable<Outcome['source']>
  language?: string | null
}

const finish = async (
  deps: TranscriptDeps,
  { runId, input }: Task,
  found: Found,
): Promise<{ done: true }> => {
  const { videoId, attempt } = input
  const segments = found.segments ?? []
  const language = found.language ? baseLanguage(found.language) : null
  const outcome: Outcome =
    segments.length > 0
      ? { status: 'ready', language, ...(found.source && { source: found.source }) }
      : // The language that a recogniser finds in silence says nothing about the video.
        { status: 'none', reason: found.reason ?? 'no_speech', language: null }
  await deps.transact(async tx => {
    const stored = await replaceSegments(tx.sql, { videoId, runId, segments })
    if (stored === undefined) return
    await recordTranscriptStatus(tx.sql, { videoId, runId, ...outcome })
    const result = { ...outcome, segments: segments.length }
    await endJobs(tx, { videoId, attempt, types: ['generate-transcript'] }, { status: 'completed', result })
  })
  await reportProgress(deps, { videoId, runId, stage: 'transcribing', share: 1 })
  return { done: true }
}
