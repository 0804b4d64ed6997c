import type { MediaTaskMode } from './media-report.ts'

/**
 * The stage of a video, beside the guide's status; `weight` is the stage's share of the expected
 * work: 100 in all, and more for files that must be normalised.
 */
export const STAGES = {
  uploading: { weight: 0, message: 'Waiting for the file' },
  queued: { weight: 2, message: 'Waiting for a free place' },
  inspecting: { weight: 3, message: 'Checking the file' },
  normalising: { weight: 40, message: 'Converting the file' },
  extracting: { weight: 15, message: 'Extracting sound and pictures' },
  transcribing: { weight: 30, message: 'Recognising speech' },
  transcoding: { weight: 40, message: 'Preparing for playback' },
  summarising: { weight: 8, message: 'Writing the summary' },
  publishing: { weight: 2, message: 'Publishing' },
  done: { weight: 0, message: 'Ready' },
  failed: { weight: 0, message: 'Failed' },
} as const

export type Stage = keyof typeof STAGES

/** The stage of a video while the media task works on it. */
export const STAGE_OF_MODE = { normalise: 'normalising', extract: 'extracting' } as const satisfies Record<
  MediaTaskMode,
  Stage
>

/** The share done (0-1) of each stage that has begun: stages run side by side. */
export type StageProgress = Partial<Record<Stage, number>>

/** The input of an execution of the state machine. */
export type PipelineInput = {
  videoId: string
  userId: string
  attempt: number
  bucket: string
  key: string
  eTag: string
  sizeBytes: number
}

/**
 * The file that the run's steps read, in the state of the execution: the upload, and once it was
 * normalised the film made of it.
 */
export type Film = {
  key: string
  eTag: string
  /** The announced spoken language; empty when there is none. */
  language: string
  /** True when the media task has to make a film of the file, or has made it. */
  normalise: boolean
}

/** The language of the summary that every video gets: the guide's default. */
export const SUMMARY_LANGUAGE = 'vi'

/**
 * The error name of a Lambda state that is not to be retried: the file itself is at fault, or the
 * run has ended.
 */
export const MEDIA_PROBLEM = 'MediaProblem'

/** The payload of every Lambda state. */
export type PipelineTask = {
  runId: string
  input: PipelineInput
  state: unknown
  action?: 'start' | 'check'
  mode?: MediaTaskMode
}
