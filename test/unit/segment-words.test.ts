import { describe, expect, it } from 'vitest'
import { type RecognisedItem, segmentWords } from '../../shared/domain/transcripts/segment-words.ts'

type Pace = { from?: number; each?: number; confidence?: string }

/**
 * Words of 0.3 s that begin every `each` seconds; a mark at the end of a word is an item of its
 * own, as recognisers give it.
 */
const say = (text: string, { from = 0, each = 0.4, confidence = '0.9' }: Pace = {}): RecognisedItem[] =>
  text.split(' ').flatMap((word, i) => {
    const [, content, mark] = /^(.*?)([.,?!。]?)$/u.exec(word)!
    const startTime = from + i * each
    const times = { start_time: startTime.toFixed(3), end_time: (startTime + 0.3).toFixed(3) }
    return [
      { type: 'pronunciation' as const, ...times, alternatives: [{ content: content!, confidence }] },
      ...(mark
        ? [{ type: 'punctuation' as const, alternatives: [{ content: mark, confidence: '0.0' }] }]
        : []),
    ]
  })
const textsOf = (items: RecognisedItem[]) => segmentWords(items).map(({ text }) => text)

describe('Recognised words become segments', () => {
  it('of one sentence each, with its mark, a capital and the times of its own words', () => {
    expect(segmentWords(say('well, this works. does it? yes!'))).toEqual([
      { index: 0, startMs: 0, endMs: 1100, text: 'Well, this works.', confidence: 0.9 },
      { index: 1, startMs: 1200, endMs: 1900, text: 'Does it?', confidence: 0.9 },
      { index: 2, startMs: 2000, endMs: 2300, text: 'Yes!', confidence: 0.9 },
    ])
  })

  it('of Vietnamese syllables as they are written, accents and all', () => {
    const items = [...say('đây là bài giảng về giáo dục.'), ...say('ồ, trí tuệ nhân tạo!', { from: 4 })]
    expect(textsOf(items)).toEqual(['Đây là bài giảng về giáo dục.', 'Ồ, trí tuệ nhân tạo!'])
  })

  it('that end at a pause, also where nobody put a mark', () => {
    expect(textsOf([...say('one two'), ...say('three', { from: 1.6 })])).toEqual(['One two three'])
    expect(textsOf([...say('one two'), ...say('three', { from: 1.7 })])).toEqual(['One two', 'Three'])
  })

  it('that can be read as a caption, however long somebody speaks without a stop', () => {
    const fast = segmentWords(
      say(Array.from({ length: 200 }, (_, i) => `wordy${i}`).join(' '), { each: 0.31 }),
    )
    const slow = segmentWords(say(Array.from({ length: 60 }, () => 'so').join(' '), { each: 1 }))
    for (const { startMs, endMs, text } of [...fast, ...slow]) {
      expect(endMs - startMs).toBeLessThanOrEqual(12_000)
      expect(text.length).toBeLessThanOrEqual(180)
    }
    expect(fast.flatMap(({ text }) => text.toLowerCase().split(' '))).toHaveLength(200)
    expect(slow).toHaveLength(5)
  })

  it('as sure as their words are on average', () => {
    const [segment] = segmentWords([
      ...say('sure', { confidence: '1.0' }),
      ...say('unsure', { from: 0.4, confidence: '0.333' }),
    ])
    expect(segment!.confidence).toBe(0.667)
  })

  it('only of words: a mark before the first of them is nobody’s, and of silence there are none', () => {
    expect(textsOf([{ type: 'punctuation', alternatives: [{ content: '.' }] }, ...say('hello')])).toEqual([
      'Hello',
    ])
    expect(segmentWords([])).toEqual([])
  })

  it('that never end before they begin, whatever the recogniser says', () => {
    const backwards = {
      type: 'pronunciation' as const,
      start_time: '2.5',
      end_time: '2.4',
      alternatives: [{ content: 'oops' }],
    }
    expect(segmentWords([backwards])).toMatchObject([{ startMs: 2500, endMs: 2500, confidence: 1 }])
  })
})
