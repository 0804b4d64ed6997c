import { describe, expect, it } from 'vitest'
import { WebVTTParser } from 'webvtt-parser'
import { chooseFormat } from '../../shared/domain/transcripts/choose-format.ts'
import { readCaptions } from '../../shared/domain/transcripts/read-captions.ts'
import { toSrt, toWebVtt } from '../../shared/domain/transcripts/transcript-formats.ts'

const hostile = [
  { startMs: 0, endMs: 1250, text: 'Tom & Jerry: 1 < 2 > 0, &amp; stays' },
  {
    startMs: 1250,
    endMs: 3_599_999,
    text: 'first line\r\n\r\n00:00:09.000 --> 00:00:10.000\n<b>not bold</b>',
  },
  { startMs: 3_600_000, endMs: 36_000_500.4, text: 'Xin chào, giáo dục' },
]

const ENDLESS = Number.POSITIVE_INFINITY

describe('A transcript as WebVTT', () => {
  it('is valid and keeps the times, whatever people say', () => {
    const { cues, errors } = new WebVTTParser().parse(toWebVtt(hostile), 'subtitles')
    expect(errors).toEqual([])
    expect(cues.map(cue => [cue.startTime, cue.endTime])).toEqual([
      [0, 1.25],
      [1.25, 3599.999],
      [3600, 36000.5],
    ])
  })

  it('reads back as what was said', async () => {
    expect((await readCaptions(toWebVtt(hostile), ENDLESS)).map(segment => segment.text)).toEqual([
      'Tom & Jerry: 1 < 2 > 0, &amp; stays',
      'first line 00:00:09.000 --> 00:00:10.000 <b>not bold</b>',
      'Xin chào, giáo dục',
    ])
  })

  it('of nothing is an empty but valid file', () => {
    expect(new WebVTTParser().parse(toWebVtt([]), 'subtitles')).toMatchObject({ cues: [], errors: [] })
  })
})

describe('A transcript as SRT', () => {
  it('has numbered cues with commas, and no text that ends a cue', () => {
    const srt = toSrt(hostile)
    expect(srt).toContain('1\n00:00:00,000 --> 00:00:01,250\n')
    expect(srt).toContain('3\n01:00:00,000 --> 10:00:00,500\nXin chào, giáo dục\n')
    expect(srt.match(/-->/g)).toHaveLength(3)
    expect(srt).not.toMatch(/<\/?b>/)
  })
})

describe('Subtitles that somebody made to do harm', () => {
  const cue = (text: string, at = '00:01.000') => `00:00.000 --> ${at}\n${text}\n\n`

  it('are read in no time, though they open a million tags and close none', async () => {
    const startedAt = performance.now()
    const [markup, styles] = await readCaptions(
      `WEBVTT\n\n${cue('<'.repeat(500_000))}${cue('{\\'.repeat(500_000))}`,
      ENDLESS,
    )
    expect(performance.now() - startedAt).toBeLessThan(2000)
    expect([markup!.text.length, styles!.text.length]).toEqual([500_000, 1_000_000])
  })

  it('carry nothing into the database that it cannot store', async () => {
    expect(await readCaptions(`WEBVTT\n\n${cue('nul \u0000 here')}`, ENDLESS)).toMatchObject([
      { text: 'nul here' },
    ])
  })

  it('are cut off where nobody reads on', async () => {
    const many = (count: number, text: string) =>
      `WEBVTT\n\n${Array.from({ length: count }, (_, i) => cue(`${text}${i}`)).join('')}`
    expect(await readCaptions(many(50_010, ''), ENDLESS)).toHaveLength(50_000)
    expect(await readCaptions(many(1340, 'ế'.repeat(998)), ENDLESS)).toHaveLength(1334)
  })
})

describe('The format of a transcript', () => {
  it.each([
    [undefined, 'json'],
    ['*/*', 'json'],
    ['text/vtt', 'vtt'],
    ['application/x-subrip', 'srt'],
    ['text/html, */*;q=0.1', 'json'],
    ['application/json;q=0.2, text/vtt;q=0.9', 'vtt'],
    ['*/*, text/vtt', 'vtt'],
  ])('for Accept: %s is %s', (accept, format) => {
    expect(chooseFormat(accept)).toBe(format)
  })

  it('is refused when nothing fits', () => {
    for (const accept of ['image/png, text/vtt;q=0', 'constructor'])
      expect(() => chooseFormat(accept)).toThrow(expect.objectContaining({ code: 'request.not_acceptable' }))
  })
})
