import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { functionTable } from '../../infra/functions.ts'
import { SUMMARY_ABANDONED_MS } from '../../shared/contract/limits.ts'
import { verifySummary } from '../../shared/domain/summaries/verify-summary.ts'
import { writeSummary } from '../../shared/domain/summaries/write-summary.ts'
import { createLanguageModel } from '../../shared/providers/language-model/openai.ts'

const segmentsOf = (count: number, text = 'Xin chào.') =>
  Array.from({ length: count }, (_, index) => ({ index, startMs: index * 1000, endMs: index * 1000 + 900, text, confidence: null }))

const film = { title: 'A film', language: 'vi', signal: new AbortController().signal }

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
    expect(verifySummary({ ...more, timestamps: [...answer.timestamps, ...more.timestamps] }, segmentsOf(3))).toEqual({
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
    const odd = { ...answer, language: 'Vietnamese, mostly', overview: 'a\u0000b', keyPoints: [{ text: 'half \ud83d', segmentIds: [0] }] }
    expect(verifySummary(odd, segmentsOf(3))).toMatchObject({ language: 'und', overview: 'ab', keyPoints: ['half \ufffd'] })
  })
})

describe('A language model that is asked for a summary', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what reached the server
  let asked: any[]
  /** What it answers in turn; the last again and again. */
  let answers: object[]
  const server = createServer(async (request, response) => {
    asked.push(await json(request))
    const message = { role: 'assistant', content: JSON.stringify(answers[Math.min(asked.length, answers.length) - 1]) }
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ model: 'm', choices: [{ index: 0, message }] }))
  })
  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
  beforeEach(() => {
    asked = []
  })
  afterAll(() => server.close())

  const write = (segments = segmentsOf(30)) => {
    const model = createLanguageModel({ apiKey: 'k', model: 'm', baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    return writeSummary(model, { ...film, segments })
  }
  const about = (...ids: number[]) => ({ ...answer, keyPoints: ids.map(id => ({ text: `Point ${id}`, segmentIds: [id] })) })
  const dataOf = (request: { messages: { content: string }[] }) => JSON.parse(request.messages[1]!.content)

  it('is asked once when it speaks of the whole video', async () => {
    answers = [about(0, 9, 12, 29)]
    expect((await write()).sources.keyPoints).toEqual([[0], [9], [12], [29]])
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['leaves the middle out', about(0, 1, 28, 29)],
    ['leaves the end out', about(0, 9, 11, 12)],
    ['has only three key points', about(0, 12, 29)],
  ])('is asked once more when its answer %s, and told what was missing', async (_, poor) => {
    answers = [poor, about(0, 9, 12, 29)]
    expect((await write()).sources.keyPoints).toEqual([[0], [9], [12], [29]])
    expect(asked.map(request => dataOf(request).hint)).toEqual([undefined, expect.stringContaining('spread over its whole length')])
  })

  it.each([
    ['covers less', about(0, 1, 2, 3)],
    ['has no more to say', about(8, 9, 18, 19)],
    ['stands on nothing', about(77)],
  ])('keeps its first answer when the second %s', async (_, second) => {
    answers = [about(0, 1, 11, 12), second]
    expect((await write()).sources.keyPoints).toEqual([[0], [1], [11], [12]])
    expect(asked).toHaveLength(2)
  })

  it('need not speak of a part in which nobody speaks, nor find four points in five sentences', async () => {
    answers = [about(0, 1, 28, 29)]
    await write(segmentsOf(30).filter(({ index }) => index < 9 || index > 20))
    answers = [about(0)]
    await write(segmentsOf(5))
    expect(asked).toHaveLength(2)
  })

  it('reads the whole of a text longer than anybody can speak, thinned out evenly, in no more calls than for the longest talk', async () => {
    answers = [about(0)]
    await write(segmentsOf(5000, 'x'.repeat(1000)))
    const read: number[] = asked
      .slice(0, asked.length / 2)
      .flatMap(request => (dataOf(request).segments ?? []).map(({ id }: { id: number }) => id))
    expect(read.length * 1000).toBeLessThanOrEqual(600_000)
    expect(read).toEqual(read.map((_, i) => i * 9))
    expect(read.at(-1)).toBeGreaterThan(4990)
    // Twice, because the key points cover a part only, and once more each time to put the parts together.
    expect(asked.length).toBeLessThanOrEqual(2 * (26 + 1))
  })
})

it('A summary counts as abandoned only when its function has been stopped, and before its message comes again', () => {
  for (const name of ['worker-summarise', 'pipeline-summarise'] as const)
    expect(SUMMARY_ABANDONED_MS).toBeGreaterThan(functionTable[name].timeoutSeconds * 1000)
  expect(SUMMARY_ABANDONED_MS).toBeLessThan(functionTable['worker-summarise'].timeoutSeconds * 6 * 1000)
})
