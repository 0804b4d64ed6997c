import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { runCommand } from '../../machine/command.ts'
import { sampleRate, secondsOf } from './clips.ts'
import type { Engine, Word } from './engine.ts'

type Piece = { text: string; offsets: { from: number; to: number }; tokens?: { text: string; p: number }[] }
type Output = { result: { language: string }; transcription: Piece[] }

const meanConfidence = (piece: Piece): number => {
  const tokens = (piece.tokens ?? []).filter(({ text }) => !text.startsWith('[_'))
  return tokens.reduce((sum, { p }) => sum + p, 0) / Math.max(1, tokens.length)
}

// With --max-len 1 --split-on-word every piece is a word with its punctuation; [BLANK_AUDIO] and
// (music) are remarks, no speech.
const toWords = (pieces: Piece[]): Word[] => {
  const words: Word[] = []
  let inRemark = false
  for (const piece of pieces) {
    const text = piece.text.trim()
    inRemark ||= /^[[(*]/.test(text)
    const [, content, mark] = /^(.*?)([.,!?;:…]*)$/su.exec(text)!
    const times = { startTime: piece.offsets.from / 1000, endTime: piece.offsets.to / 1000 }
    if (!inRemark && content)
      words.push({ content, ...times, confidence: meanConfidence(piece), ...(mark && { mark: mark[0]! }) })
    if (/[\])*]$/.test(text)) inRemark = false
  }
  return words
}

/**
 * whisper.cpp with a model of the operator's own (WHISPER_MODEL); a model named *.en* knows English
 * only.
 */
export const whisper = (program: string, model: string): Engine => {
  const englishOnly = /\.en\b/.test(basename(model))
  return {
    name: `whisper.cpp ${basename(model)}`,
    knows: language => !englishOnly || language.startsWith('en'),
    languages: englishOnly ? 'English only' : 'what its model knows',
    recognise: async ({ pcmFile, clips, folder, language, slots, signal }) => {
      const wavFile = join(folder, 'sound.wav')
      const raw = ['-f', 's16le', '-ar', String(sampleRate), '-ac', '1', '-i', pcmFile]
      await runCommand('ffmpeg', ['-nostdin', '-v', 'error', ...raw, wavFile], {
        deadlineMs: 600_000,
        signal,
      })
      const spoken = language?.split('-')[0] ?? (englishOnly ? 'en' : 'auto')
      const result = join(folder, 'whisper')
      const words = ['--max-len', '1', '--split-on-word', '--output-json-full', '--output-file', result]
      const args = ['--model', model, '--file', wavFile, '--language', spoken, ...words, '--no-prints']
      await slots(() =>
        runCommand(program, args, { deadlineMs: 60_000 + secondsOf(clips.at(-1)!.end) * 20_000, signal }),
      )
      const output = JSON.parse(await readFile(`${result}.json`, 'utf8')) as Output
      return {
        language: language ?? transcribeCode(output.result.language),
        words: toWords(output.transcription),
      }
    },
  }
}

// Transcribe's codes name a region: vi -> vi-VN.
const transcribeCode = (language: string): string => {
  const { region } = new Intl.Locale(language).maximize()
  return region ? `${language}-${region}` : language
}
