import { describe, expect, test } from 'vitest'
import { onlyDialogue } from '../../media-task/typesetting.ts'
import { readCaptions } from '../../shared/domain/transcripts/read-captions.ts'
import { readsLikeSpeech } from '../../shared/domain/transcripts/reads-like-speech.ts'

/** Cues of a second each. */
const cues = (...texts: string[]) =>
  texts.map((text, index) => ({
    ...{ index, text, confidence: null },
    startMs: index * 1000,
    endMs: index * 1000 + 900,
  }))
const many = (count: number, textOf: (i: number) => string) =>
  cues(...Array.from({ length: count }, (_, i) => textOf(i)))
const speaks = (track: ReturnType<typeof cues>, durationMs = track.length * 1000) =>
  readsLikeSpeech(track, durationMs)

describe('A subtitle track reads like speech', () => {
  test.each([
    ['in English', cues('And so, my fellow Americans,', 'ask not what your country can do for you.')],
    ['in Vietnamese', cues('Xin chào các bạn,', 'hôm nay chúng ta nói về giáo dục.')],
    ['in Chinese', cues('大家好', '今天我们谈教育')],
    ['in Hindi', cues('नमस्ते', 'आज हम शिक्षा की बात करेंगे')],
    [
      'with years and amounts',
      cues('In 1969 it cost 25,000 million dollars,', 'and 12 people walked there by 1972.'),
    ],
    [
      'in a song with its chorus',
      many(12, i =>
        i % 3 === 0 ? 'And all the people sing along' : `Verse of the song, ${'line '.repeat(i)}`,
      ),
    ],
  ])('%s', (_, track) => expect(speaks(track)).toBe(true))

  test.each([
    [
      'a drone',
      many(11, i => `F/2.8, SS 320.0, ISO 100, EV 0, GPS (105.8342, 21.027${i}, 19), D 42.0m, H 12.0m`),
    ],
    [
      'a newer drone',
      many(
        11,
        i =>
          `FrameCnt: ${i}, DiffTime: 33ms 2026-11-27 14:11:5${i} [iso: 100] [shutter: 1/320.0] [fnum: 2.8] [latitude: 21.0278] [longitude: 105.8342]`,
      ),
    ],
    ['a dash camera', many(11, i => `2026/11/27 08:14:${10 + i} N21.0278 E105.8342 54 km/h`)],
    [
      'an action camera that names what it measures',
      many(11, i => `Altitude ${i} metres. Speed ${i * 2} kilometres an hour. Heading north east.`),
    ],
    ['karaoke that repeats a line for each syllable', many(12, () => 'Twinkle, twinkle, little star')],
    ['music alone', cues('♪♪', '♪ ♪')],
  ])('but not when it was written by %s', (_, track) => expect(speaks(track)).toBe(false))

  test('but not when it has two lines of a long film', () => {
    expect(speaks(cues('[speaks Elvish]', 'BERLIN, 1961'), 600_000)).toBe(false)
  })
})

describe('Cues', () => {
  const read = (text: string) => readCaptions(`WEBVTT\n\n${text}`, 11_000)
  const cue = (from: string, to: string, text: string) => `00:00:${from} --> 00:00:${to}\n${text}\n\n`

  test('end with the film', async () => {
    const late = `01:00:00.000 --> 01:00:02.000\nSubtitles by somebody\n\n`
    expect(await read(cue('10.000', '14.000', 'The last words') + late)).toMatchObject([
      { startMs: 10_000, endMs: 11_000, text: 'The last words' },
    ])
  })

  test('that draw a shape, or show a text for one frame, are no words', async () => {
    const frames = [0, 1, 2].map(i => cue(`05.${i}00`, `05.${i}40`, `HARBOUR ${i}`)).join('')
    expect(await read(cue('01.000', '02.000', 'm 0 0 l 100 0 100 100 0 100') + frames)).toEqual([])
  })

  test('that show one text frame by frame are one', async () => {
    const frames = [0, 1, 2, 3, 4].map(i => cue(`05.${i}00`, `05.${i}80`, 'HARBOUR')).join('')
    expect(await read(frames)).toMatchObject([{ startMs: 5000, endMs: 5480, text: 'HARBOUR' }])
  })
})

test('A styled subtitle keeps what is said and leaves out what is drawn', () => {
  const event = (text: string, effect = '') =>
    `Dialogue: 0,0:00:01.00,0:00:04.00,Default,,0,0,0,${effect},${text}`
  const said = [
    event('{\\an8}And so, my fellow Americans'),
    event('{\\i1}ask not,{\\i0} what, and why'),
    event('{\\k50}for {\\k50}you', 'karaoke'),
  ]
  const drawn = [
    event('{\\p1}m 0 0 l 100 0 100 100 0 100{\\p0}'),
    event('{\\pos(11,10)}HARBOUR'),
    event('{\\fs20\\move(1,2,3,4)}HARBOUR'),
    event('twin', 'fx'),
  ]
  const ass = ['[Events]', 'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text']
  expect(onlyDialogue([...ass, ...said, ...drawn].join('\r\n')).split('\n')).toEqual([...ass, ...said])
})
