import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { functionTable } from '../../infra/functions.ts'
import { SUMMARY_ABANDONED_MS } from '../../shared/contract/limits.ts'
import { verifySummary } from '../../shared/domain/summaries/verify-summary.ts'
import { writeSummary } from '../../shared/domain/summaries/write-summary.ts'
import { createLanguageModel } from '../../shared/providers/language-model/openai.ts'
import { type ModelServer, startModelServer } from '../support/model-server.ts'

const segmentsOf = (count: number, text = 'Xin chào.') =>
  Array.from({ length: count }, (_, index) => ({
    index,
    startMs: index * 1000,
    endMs: index * 1000 + 900,
    text,
    confidence: null,
  }))

const film = {
  ...{ title: 'A film', language: 'vi', transcriptLanguage: null },
  signal: new AbortController().signal,
}

const answer = {
  language: 'vi',
  overview: 'Một bài giảng.',
  overviewSegmentIds: [0],
  keyPoints: [{ text: 'Điểm một', segmentIds: [0] }],
  timestamps: [{ segmentId: 1, content: 'Mở đầu' }],
}

describe('What a language model answers', () => {
  it('counts as far as it names segments that exist, and gets their times', () => {
    const more = {
      ...answer,
      keyPoints: [...answer.keyPoints, { text: 'Invented', segmentIds: [99] }],
      timestamps: [{ segmentId: 77, content: 'x' }],
    }
    expect(
      verifySummary({ ...more, timestamps: [...answer.timestamps, ...more.timestamps] }, segmentsOf(3)),
    ).toEqual({
      language: 'vi',
      overview: 'Một bài giảng.',
      keyPoints: ['Điểm một'],
      timestamps: [{ time: '00:01', content: 'Mở đầu', segmentId: 1 }],
      sources: { overview: [0], keyPoints: [[0]] },
    })
  })

  it('is thinned out evenly where it is too much, and loses neither its end nor its only word on a part of the video', () => {
    const pointAt = (id: number) => ({ text: `Point ${id}`, segmentIds: [id] })
    const points = [0, 1, 2, 3, 4, 5, 6, 7, 50, 99].map(pointAt)
    const timestamps = Array.from({ length: 100 }, (_, id) => ({ segmentId: id, content: `Moment ${id}` }))
    const verified = verifySummary({ ...answer, keyPoints: points, timestamps }, segmentsOf(100))
    expect(verified.sources.keyPoints).toHaveLength(6)
    expect(verified.sources.keyPoints.flat()).toEqual(expect.arrayContaining([0, 7, 50, 99]))
    const ids = verified.timestamps.map(({ segmentId }) => segmentId)
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([40, 0, 99])
    expect(Math.max(...ids.slice(1).map((id, i) => id - ids[i]!))).toBeLessThanOrEqual(4)
  })

  it('can be stored, whatever characters and words it is made of', () => {
    const odd = {
      ...answer,
      language: 'Vietnamese, mostly',
      overview: 'a\u0000b',
      keyPoints: [{ text: 'half \ud83d', segmentIds: [0] }],
    }
    expect(verifySummary(odd, segmentsOf(3))).toMatchObject({
      language: 'und',
      overview: 'ab',
      keyPoints: ['half \ufffd'],
    })
  })
})

describe('A language model that is asked for a summary', () => {
  let server: ModelServer
  beforeAll(async () => {
    server = await startModelServer()
  })
  afterAll(() => server.close())

  /** Writes a summary; the model gives these answers in turn, the last again and again. */
  const write = (answers: object[], segments = segmentsOf(30)) => {
    server.reset({ answers })
    const model = createLanguageModel({ apiKey: 'k', model: 'm', baseUrl: server.url })
    return writeSummary(model, { ...film, segments })
  }
  const about = (...ids: number[]) => ({
    ...answer,
    keyPoints: ids.map(id => ({ text: `Point ${id}`, segmentIds: [id] })),
  })
  const dataOf = (request: { messages: { content: string }[] }) => JSON.parse(request.messages[1]!.content)

  it('is given the material as data and held to the structure, at a low temperature', async () => {
    await write([about(0, 9, 12, 29)])
    const [{ temperature, response_format: format, messages }] = server.asked
    expect(temperature).toBe(0.3)
    expect(format).toMatchObject({
      type: 'json_schema',
      json_schema: { name: 'video_summary', strict: true },
    })
    const { properties, required, additionalProperties } = format.json_schema.schema
    expect(Object.keys(properties)).toEqual([
      'language',
      'overview',
      'overviewSegmentIds',
      'keyPoints',
      'timestamps',
    ])
    expect([required, additionalProperties]).toEqual([Object.keys(properties), false])
    expect(messages[0].content).not.toContain('A film')
    expect(dataOf(server.asked[0])).toMatchObject({
      language: 'vi',
      title: 'A film',
      segments: expect.arrayContaining([{ id: 29, text: 'Xin chào.' }]),
    })
  })

  it('is asked once when it speaks of the whole video', async () => {
    expect((await write([about(0, 9, 12, 29)])).sources.keyPoints).toEqual([[0], [9], [12], [29]])
    expect(server.asked).toHaveLength(1)
  })

  it.each([
    ['leaves the middle out', about(0, 1, 28, 29)],
    ['leaves the end out', about(0, 9, 11, 12)],
    ['has only three key points', about(0, 12, 29)],
  ])('is asked once more when its answer %s, and told what was missing', async (_, poor) => {
    expect((await write([poor, about(0, 9, 12, 29)])).sources.keyPoints).toEqual([[0], [9], [12], [29]])
    expect(server.asked.map(request => dataOf(request).hint)).toEqual([
      undefined,
      expect.stringContaining('spread over its whole length'),
    ])
  })

  it.each([
    ['covers less', about(0, 1, 2, 3)],
    ['has no more to say', about(8, 9, 18, 19)],
    ['stands on nothing', about(77)],
  ])('keeps its first answer when the second %s', async (_, second) => {
    expect((await write([about(0, 1, 11, 12), second])).sources.keyPoints).toEqual([[0], [1], [11], [12]])
    expect(server.asked).toHaveLength(2)
  })

  it('need not speak of a part in which nobody speaks, nor find four points in five sentences', async () => {
    const silentMiddle = segmentsOf(30).filter(({ index }) => index < 9 || index > 20)
    for (const [answers, segments] of [
      [[about(0, 1, 28, 29)], silentMiddle],
      [[about(0)], segmentsOf(5)],
    ] as const) {
      await write([...answers], segments)
      expect(server.asked).toHaveLength(1)
    }
  })
})

it('A summary counts as abandoned only when its function has been stopped, and before its message comes again', () => {
  for (const name of ['worker-summarise', 'pipeline-summarise'] as const)
    expect(SUMMARY_ABANDONED_MS).toBeGreaterThan(functionTable[name].timeoutSeconds * 1000)
  expect(SUMMARY_ABANDONED_MS).toBeLessThan(functionTable['worker-summarise'].timeoutSeconds * 6 * 1000)
})
