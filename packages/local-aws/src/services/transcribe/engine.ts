import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Clip } from './clips.ts'
import { pocketsphinx } from './pocketsphinx.ts'
import { whisper } from './whisper.ts'

/** Times in seconds of the recording; `mark` is the punctuation behind the word. */
export type Word = { content: string; startTime: number; endTime: number; confidence: number; mark?: string }

export type Recording = {
  /** 16 kHz mono s16le, named *.raw, in `folder`, where the engine may write. */
  pcmFile: string
  clips: Clip[]
  folder: string
  /** The language asked for; absent: the engine identifies it as far as it can. */
  language: string | undefined
  /** Runs a recogniser process as soon as one of the places for them is free. */
  slots: <T>(run: () => Promise<T>) => Promise<T>
  signal: AbortSignal
}

export type Engine = {
  name: string
  knows: (language: string) => boolean
  /** The languages that it knows, in words for people. */
  languages: string
  recognise: (recording: Recording) => Promise<{ language: string; words: Word[] }>
}

type Environment = Record<string, string | undefined>

const onPath = (name: string, environment: Environment): string | undefined =>
  (environment.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(file => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

/**
 * The best recogniser on this machine: whisper.cpp with the operator's own model, else
 * PocketSphinx.
 */
export const findEngine = (environment: Environment): Engine | undefined => {
  const whisperProgram = onPath('whisper-cli', environment)
  if (environment.WHISPER_MODEL && whisperProgram) return whisper(whisperProgram, environment.WHISPER_MODEL)
  const sphinxProgram = onPath('pocketsphinx_batch', environment)
  return sphinxProgram ? pocketsphinx(sphinxProgram) : undefined
}
