import * as z from 'zod'
import { lexRank, pickBest, pickSpread } from './lex-rank.ts'
import { asSentence, detectLanguage, shorten, wordsOf } from './words.ts'

const segmentIds = z.array(z.int())

export const SummariseData = z.looseObject({
  task: z.literal('summarise'),
  segments: z.array(z.looseObject({ id: z.int(), text: z.string() })),
  /** BCP 47; absent or null when nobody knows it. */
  transcriptLanguage: z.string().nullish(),
  maxKeyPoints: z.int().min(1).max(20).default(6),
})

export type Summary = {
  language: string
  overview: string
  overviewSegmentIds: number[]
  keyPoints: { text: string; segmentIds: number[] }[]
  timestamps: { segmentId: number; content: string }[]
}

const PartSummary = z.looseObject({
  overview: z.string(),
  overviewSegmentIds: segmentIds,
  keyPoints: z.array(z.looseObject({ text: z.string(), segmentIds })),
  timestamps: z.array(z.looseObject({ segmentId: z.int(), content: z.string() })),
})

export const ReduceData = z.looseObject({
  task: z.literal('reduce'),
  parts: z.array(PartSummary),
  transcriptLanguage: z.string().nullish(),
  maxKeyPoints: z.int().min(1).max(20).default(6),
})

const OVERVIEW_SENTENCES = 3
const TIMESTAMP_CHARACTERS = 80
const MOST_TIMESTAMPS = 8

/**
 * Half of a short text's statements are points, at least four, never more than there are or are
 * wanted.
 */
const keyPointCount = (statements: number, wanted: number) =>
  Math.min(statements, wanted, Math.max(4, Math.round(statements / 2)))

// "And so." states nothing; but a transcript of nothing else is summarised from what it has.
const statementsAmong = <T>(all: T[], wordCount: (one: T) => number): T[] => {
  const whole = all.filter(one => wordCount(one) >= 4)
  return whole.length >= 3 ? whole : all
}

/**
 * Writes a summary out of the transcript's own sentences: nothing in it can be invented, and
 * nothing translated.
 */
export const extractSummary = ({
  segments,
  maxKeyPoints,
  transcriptLanguage,
}: z.infer<typeof SummariseData>): Summary => {
  const { rules: language, name } = detectLanguage(
    segments.map(({ text }) => text).join('\n'),
    transcriptLanguage,
  )
  const spoken = statementsAmong(
    segments.filter(({ text }) => /\p{L}/u.test(text)),
    ({ text }) => wordsOf(text, language).length,
  )
  const texts = spoken.map(({ text }) => text)
  const ranking = lexRank(texts, language)
  const lengths = texts.map(text => text.length)
  const sentence = (i: number) => asSentence(texts[i]!, language)
  const idOf = (i: number) => spoken[i]!.id

  const overview = pickBest(ranking, OVERVIEW_SENTENCES)
  return {
    language: name,
    overview: overview.map(sentence).join(' '),
    overviewSegmentIds: overview.map(idOf),
    keyPoints: pickSpread(ranking, lengths, keyPointCount(texts.length, maxKeyPoints)).map(i => ({
      text: sentence(i),
      segmentIds: [idOf(i)],
    })),
    timestamps: pickSpread(ranking, lengths, Math.min(MOST_TIMESTAMPS, texts.length)).map(i => ({
      segmentId: idOf(i),
      content: shorten(sentence(i), TIMESTAMP_CHARACTERS),
    })),
  }
}

/**
 * Merges the summaries of consecutive parts of one video; every statement keeps the segments it
 * stands on.
 */
export const reduceSummaries = ({
  parts,
  maxKeyPoints,
  transcriptLanguage,
}: z.infer<typeof ReduceData>): Summary => {
  const statements = parts.flatMap(({ keyPoints }) => keyPoints).filter(({ text }) => text.trim())
  const texts = statements.map(({ text }) => text)
  const { rules: language, name } = detectLanguage(texts.join('\n'), transcriptLanguage)
  const ranking = lexRank(texts, language)
  const lengths = texts.map(() => 1)
  const overview = pickBest(ranking, OVERVIEW_SENTENCES)
  const points = pickSpread(ranking, lengths, Math.min(maxKeyPoints, statements.length))
  const moments = parts.flatMap(({ timestamps }) => timestamps)
  const step = Math.max(1, moments.length / MOST_TIMESTAMPS)
  return {
    language: name,
    overview: overview.map(i => asSentence(texts[i]!, language)).join(' '),
    overviewSegmentIds: [...new Set(overview.flatMap(i => statements[i]!.segmentIds))],
    keyPoints: points.map(i => ({ text: texts[i]!, segmentIds: statements[i]!.segmentIds })),
    timestamps: Array.from(
      { length: Math.min(MOST_TIMESTAMPS, moments.length) },
      (_, i) => moments[Math.floor(i * step)]!,
    ).map(({ segmentId, content }) => ({ segmentId, content })),
  }
}
