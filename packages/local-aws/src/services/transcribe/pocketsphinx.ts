import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { runCommand } from '../../machine/command.ts'
import { type Clip, secondsOf } from './clips.ts'
import type { Engine, Word } from './engine.ts'

const modelFolders = ['/usr/share', '/usr/local/share', '/opt/homebrew/share'].map(
  share => `${share}/pocketsphinx/model/en-us`,
)
const modelFolder = () => modelFolders.find(folder => existsSync(join(folder, 'en-us.lm.bin')))

const PROCESSES = 2
/** Slowest seen over noise: 1.5 times the length of the sound. */
const deadlineMs = (frames: number) => 60_000 + secondsOf(frames) * 5_000

const LEAST_WORD = 0.01
const LEAST_CLIP = 0.25
const LEAST_COVERAGE = 0.35

// A clip of music or noise comes out as a few unsure words with holes between them. Single unsure
// words of real speech are mostly right.
const isSpeech = (words: Word[], clip: Clip): boolean => {
  const spoken = words.reduce((sum, word) => sum + word.endTime - word.startTime, 0)
  const sure = words.reduce((sum, word) => sum + (word.endTime - word.startTime) * word.confidence, 0)
  return (
    spoken > 0 && sure / spoken >= LEAST_CLIP && spoken / secondsOf(clip.end - clip.start) >= LEAST_COVERAGE
  )
}

// `utterance channel start duration word confidence`; `the(2)` is another pronunciation of `the`,
// `[NOISE]` and `<sil>` are no words.
const readLine = (line: string): { clip: number; word: Word } | undefined => {
  const [utterance, , start, duration, text, confidence] = line.split(' ')
  const content = text?.replace(/\(\d+\)$/, '')
  if (!content || /^[<[+]/.test(content)) return undefined
  const startTime = Number(start)
  return {
    clip: Number(utterance),
    word: { content, startTime, endTime: startTime + Number(duration), confidence: Number(confidence) },
  }
}

/** Two lists of about the same length of sound. */
const shareOut = (clips: Clip[]): number[][] => {
  const shares = Array.from({ length: PROCESSES }, () => ({ frames: 0, clips: [] as number[] }))
  const longestFirst = clips
    .map((_, i) => i)
    .sort((a, b) => clips[b]!.end - clips[b]!.start - (clips[a]!.end - clips[a]!.start))
  for (const i of longestFirst) {
    const least = shares.reduce((best, share) => (share.frames < best.frames ? share : best))
    least.frames += clips[i]!.end - clips[i]!.start
    least.clips.push(i)
  }
  return shares.map(share => share.clips).filter(share => share.length > 0)
}

/** CMU PocketSphinx with its US English model: one process for each of two shares of the clips. */
export const pocketsphinx = (program: string): Engine | undefined => {
  const model = modelFolder()
  if (!model) return undefined
  const models = [
    '-hmm',
    join(model, 'en-us'),
    '-lm',
    join(model, 'en-us.lm.bin'),
    '-dict',
    join(model, 'cmudict-en-us.dict'),
  ]
  // -remove_silence would shift the times of all words behind a pause; above 5000 HMMs a frame
  // nothing gets better, only slower.
  const settings = [
    '-cmn',
    'batch',
    '-adcin',
    'yes',
    '-remove_silence',
    'no',
    '-maxhmmpf',
    '5000',
    '-logfn',
    '/dev/null',
  ]

  return {
    name: 'pocketsphinx',
    // It makes more mistakes in other people's English, but has nothing better for it.
    knows: language => language.startsWith('en-'),
    languages: 'English only',
    recognise: async ({ pcmFile, clips, folder, language, slots, signal }) => {
      const runShare = async (share: number[], number: number): Promise<string[]> => {
        const control = join(folder, `clips-${number}.ctl`)
        const result = join(folder, `clips-${number}.ctm`)
        const name = basename(pcmFile).replace(/\.raw$/, '')
        await writeFile(
          control,
          share.map(i => `${name} ${clips[i]!.start} ${clips[i]!.end} ${i}\n`).join(''),
        )
        const input = ['-cepdir', folder, '-cepext', '.raw', '-ctl', control, '-ctm', result]
        const frames = share.reduce((sum, i) => sum + clips[i]!.end - clips[i]!.start, 0)
        await slots(() =>
          runCommand(program, [...models, ...settings, ...input], { deadlineMs: deadlineMs(frames), signal }),
        )
        return (await readFile(result, 'utf8')).split('\n')
      }
      const lines = (await Promise.all(shareOut(clips).map(runShare))).flat()
      const wordsOf = Map.groupBy(
        lines.map(readLine).filter(entry => entry !== undefined),
        entry => entry.clip,
      )
      const words = clips.flatMap((clip, i) => {
        const heard = (wordsOf.get(i) ?? []).map(({ word }) => word)
        if (!isSpeech(heard, clip)) return []
        const offset = secondsOf(clip.start)
        const kept = heard.filter(({ confidence }) => confidence >= LEAST_WORD)
        return kept.map((word, n): Word => {
          const placed = { ...word, startTime: word.startTime + offset, endTime: word.endTime + offset }
          const endsAtPause = n === kept.length - 1 && clip.pauseFrames > 0
          return endsAtPause ? { ...placed, mark: '.' } : placed
        })
      })
      return { language: language ?? 'en-US', words }
    },
  }
}
