import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
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

describe('A transcript of more text than anybody can say', () => {
  let server: Server
  let asked: { id: number }[][]
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const { segments = [] } = JSON.parse(JSON.parse(body).messages[1].content)
      asked.push(segments)
      const message = { role: 'assistant', content: JSON.stringify(answer) }
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ model: 'm', choices: [{ index: 0, message }] }))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  beforeEach(() => {
    asked = []
  })
  afterAll(() => server.close())

  it('costs no more calls than the longest talk, and is read to its end', async () => {
    const model = createLanguageModel({ apiKey: 'k', model: 'm', baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    await writeSummary(model, { ...film, segments: segmentsOf(5000, 'x'.repeat(1000)) })
    // Twice, because the key points cover a part only, and once more each time to put the parts together.
    expect(asked.length).toBeLessThanOrEqual(2 * (26 + 1))
    expect(asked.flat().at(-1)!.id).toBeGreaterThan(4900)
  })
})

it('A summary counts as abandoned only when its function has been stopped, and before its message comes again', () => {
  for (const name of ['worker-summarise', 'pipeline-summarise'] as const)
    expect(SUMMARY_ABANDONED_MS).toBeGreaterThan(functionTable[name].timeoutSeconds * 1000)
  expect(SUMMARY_ABANDONED_MS).toBeLessThan(functionTable['worker-summarise'].timeoutSeconds * 6 * 1000)
})
