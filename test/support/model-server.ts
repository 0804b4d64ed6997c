import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

type Behaviour = {
  status: number
  headers: Record<string, string>
  /** It takes the question and says nothing. */
  hangs: boolean
  /** Its replies in turn; the last is repeated. */
  answers: object[]
}
const well = (): Behaviour => ({ status: 200, headers: {}, hangs: false, answers: [{}] })

/** An OpenAI-compatible server that does what it is told. */
export const startModelServer = async () => {
  const model = {
    ...well(),
    url: '',
    // biome-ignore lint/suspicious/noExplicitAny: what reached it is asserted on
    asked: [] as any[],
    /** Makes it well again and forgets what it was asked. */
    reset: (behaviour: Partial<Behaviour> = {}) =>
      void Object.assign(model, well(), { asked: [] }, behaviour),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  const server = createServer(async (request, response) => {
    model.asked.push(await json(request))
    if (model.hangs) return
    const content = JSON.stringify(model.answers[Math.min(model.asked.length, model.answers.length) - 1])
    const choice = { index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }
    const completion = { id: 'c', object: 'chat.completion', created: 0, model: 'test', choices: [choice] }
    // The client must not try again by itself: the tests would wait for it.
    response.writeHead(model.status, {
      'content-type': 'application/json',
      'x-should-retry': 'false',
      ...model.headers,
    })
    response.end(JSON.stringify(model.status === 200 ? completion : { error: { message: 'overloaded' } }))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  model.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return model
}

export type ModelServer = Awaited<ReturnType<typeof startModelServer>>
