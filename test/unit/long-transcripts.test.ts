import { describe, expect, it } from 'vitest'
import { MAX_PARTS, PART_CHARACTERS, type Passage } from '../../shared/domain/summaries/read-in-parts.ts'
import { writeSummary } from '../../shared/domain/summaries/write-summary.ts'
import type { LanguageModel } from '../../shared/providers/language-model/openai.ts'

type Asked = { task: string; segments: Passage[]; hint?: string }

/** Segments of these lengths in order, made of these characters. */
const segmentsOf = (lengths: number[], character = 'x') =>
  lengths.map((length, index) => ({
    index,
    startMs: index * 1000,
    endMs: index * 1000 + 900,
    text: character.repeat(Math.ceil(length / character.length)),
    confidence: null,
  }))
const lengthsOf = (count: number, lengthAt: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => lengthAt(index))

/**
 * Records the requests to a model whose summaries cover the beginning only, so it is asked twice.
 */
const askedAbout = async (segments: ReturnType<typeof segmentsOf>): Promise<Asked[]> => {
  const asked: Asked[] = []
  const answer = {
    language: 'vi',
    overview: 'Một bài giảng.',
    overviewSegmentIds: [0],
    keyPoints: [{ text: 'Điểm một', segmentIds: [0] }],
    timestamps: [],
  }
  const model = {
    answer: async ({ data }: { data: unknown }) => {
      asked.push(data as Asked)
      return { answer, model: 'test' }
    },
  } as LanguageModel
  await writeSummary(model, {
    title: 'A film',
    transcriptLanguage: null,
    language: 'vi',
    segments,
    signal: new AbortController().signal,
  })
  return asked
}
const partsOf = (asked: Asked[]) =>
  asked.filter(({ task }) => task === 'summarise').map(({ segments }) => segments)
/** Those of the first of two attempts. */
const firstPartsOf = (asked: Asked[]) => partsOf(asked.filter(({ hint }) => !hint))

/** The same numbers in every run. */
const noise = (seed: number) => () => {
  seed = (seed * 48_271) % 2_147_483_647
  return seed / 2_147_483_647
}
const random = noise(7)

const hostile: [string, number[], string?][] = [
  ['whose every seventh segment is long', lengthsOf(7 * 400, i => (i % 7 === 0 ? 9_700 : 2))],
  ['whose every 9th segment is longer than a part', lengthsOf(900, i => (i % 9 === 4 ? 39_000 : 1))],
  ['of equal segments', lengthsOf(5000, () => 1000)],
  ['of segments just over half a part', lengthsOf(300, () => PART_CHARACTERS / 2 + 1)],
  ['of segments as long as a part', lengthsOf(160, () => PART_CHARACTERS)],
  ['of one segment', [3_900_000]],
  ['of one long segment at the beginning', [2_000_000, ...lengthsOf(10_000, () => 100)]],
  ['of one long segment at the end', [...lengthsOf(10_000, () => 100), 2_000_000]],
  ['that grows', lengthsOf(2800, i => i + 1)],
  ['that shrinks', lengthsOf(2800, i => 2800 - i)],
  ['of fifty thousand letters', lengthsOf(50_000, () => 1)],
  ['of characters of two halves', lengthsOf(400, i => 9_001 + i), '😀'],
  ['of any lengths', lengthsOf(3000, () => Math.ceil(random() ** 8 * 20_000))],
  ['of any lengths, mostly short', lengthsOf(40_000, () => Math.ceil(random() ** 40 * 30_000))],
]

describe.each(hostile)('A transcript %s', (_, lengths, character) => {
  const segments = segmentsOf(lengths, character)

  it('costs no more calls than the longest talk', async () => {
    const asked = await askedAbout(segments)
    expect(firstPartsOf(asked).length).toBeLessThanOrEqual(MAX_PARTS)
    // Each time once more to put the parts together.
    expect(asked.length).toBeLessThanOrEqual(2 * (MAX_PARTS + 1))
  })

  it('is read in parts that the model can bear, none of them empty', async () => {
    for (const part of partsOf(await askedAbout(segments))) {
      expect(JSON.stringify(part).length).toBeLessThanOrEqual(PART_CHARACTERS + 2)
      expect(part.length).toBeGreaterThan(0)
    }
  })

  it('is read in order, at its beginning, in its middle and at its end, and as much of it as may be', async () => {
    const ends: number[] = []
    for (const { text } of segments) ends.push((ends.at(-1) ?? 0) + text.length)
    const total = ends.at(-1)!
    const read = firstPartsOf(await askedAbout(segments)).flat()
    const ids = read.map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect([ids[0], ids.at(-1)]).toEqual([0, segments.length - 1])
    const gaps = ids.slice(1).map((id, i) => (ends[id - 1] ?? 0) - ends[ids[i]!]!)
    expect(Math.max(0, ...gaps) / total).toBeLessThan(0.01)
    expect(JSON.stringify(read).length).toBeGreaterThan(Math.min(total, 0.9 * MAX_PARTS * PART_CHARACTERS))
  })

  it('is read without halves of characters', async () => {
    for (const { text } of firstPartsOf(await askedAbout(segments)).flat())
      expect(text.isWellFormed()).toBe(true)
  })
})

describe('A transcript', () => {
  it.each([1, 100, 20_000, 100_000, 500_000])(
    'of %i characters is read to its last, also when it is a single subtitle',
    async length => {
      const text = Array.from({ length }, (_, i) => String.fromCharCode(97 + (i % 26))).join('')
      const [segment] = segmentsOf([1])
      const read = partsOf(await askedAbout([{ ...segment!, text }])).flat()
      expect(read.map(passage => passage.text).join('')).toBe(text)
      expect(new Set(read.map(({ id }) => id))).toEqual(new Set([0]))
    },
  )

  it('of an hour is read whole, in a handful of calls', async () => {
    const read = firstPartsOf(await askedAbout(segmentsOf(lengthsOf(600, () => 90))))
    expect(read.flat()).toHaveLength(600)
    expect(read).toHaveLength(3)
  })
})
