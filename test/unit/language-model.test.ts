import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createCircuitBreaker } from '../../shared/kernel/circuit-breaker.ts'
import { createLanguageModel } from '../../shared/providers/language-model/openai.ts'
import { type ModelServer, startModelServer } from '../support/model-server.ts'

describe('A circuit breaker', () => {
  const start = (failures = 2) => {
    const time = { ms: 1000 }
    return {
      time,
      breaker: createCircuitBreaker({ failures, coolDownMs: 100, now: () => new Date(time.ms) }),
    }
  }

  it('opens after failures in a row only, for its cool-down', () => {
    const { time, breaker } = start()
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    expect(breaker.isOpen()).toBe(false)
    breaker.failed()
    expect(breaker.isOpen()).toBe(true)
    time.ms += 100
    expect(breaker.isOpen()).toBe(false)
  })

  it('opens anew with the first failure after that, and closes with a success', () => {
    const { time, breaker } = start()
    for (let i = 0; i < 2; i++) breaker.failed()
    time.ms += 100
    breaker.failed()
    expect(breaker.isOpen()).toBe(true)
    time.ms += 100
    breaker.succeeded()
    breaker.failed()
    expect(breaker.isOpen()).toBe(false)
  })

  it('is open at once, and for as long as the service asks for', () => {
    const { time, breaker } = start()
    breaker.failed({ retryAfterMs: 500 })
    time.ms += 499
    expect(breaker.isOpen()).toBe(true)
    time.ms += 1
    expect(breaker.isOpen()).toBe(false)
  })
})

describe('A language model', () => {
  let server: ModelServer
  const time = { ms: 0 }
  beforeAll(async () => {
    server = await startModelServer()
  })
  beforeEach(() => {
    server.reset({ answers: [{ text: 'Xin chào' }] })
    time.ms = Date.parse('2026-11-25T12:00:00Z')
  })
  afterAll(() => server.close())

  const start = () => {
    const model = createLanguageModel({
      apiKey: 'k',
      model: 'm',
      baseUrl: server.url,
      now: () => new Date(time.ms),
    })
    const task = {
      name: 'greeting',
      instructions: 'Greet.',
      data: {},
      answer: z.object({ text: z.string() }),
      temperature: 0,
    }
    return (signal = new AbortController().signal) => model.answer({ ...task, signal })
  }
  const unavailable = { name: 'ProviderError', kind: 'unavailable' }

  it('that has not answered three times is left alone for a minute, then asked again', async () => {
    const ask = start()
    server.status = 503
    for (let i = 0; i < 5; i++) await expect(ask()).rejects.toMatchObject(unavailable)
    expect(server.asked).toHaveLength(3)
    time.ms += 60_000
    server.status = 200
    expect((await ask()).answer).toEqual({ text: 'Xin chào' })
    expect(server.asked).toHaveLength(4)
  })

  it.each([
    ['seconds', '120'],
    ['a date', 'Wed, 25 Nov 2026 12:02:00 GMT'],
  ])('is left alone for as long as it asks for in %s', async (_, retryAfter) => {
    const ask = start()
    server.reset({ status: 429, headers: { 'retry-after': retryAfter }, answers: server.answers })
    for (let i = 0; i < 2; i++) await expect(ask()).rejects.toMatchObject(unavailable)
    time.ms += 119_000
    await expect(ask()).rejects.toMatchObject(unavailable)
    expect(server.asked).toHaveLength(1)
    time.ms += 1000
    server.status = 200
    await ask()
    expect(server.asked).toHaveLength(2)
  })

  it('that hangs is waited for no longer than the caller can, and soon left alone', async () => {
    const ask = start()
    server.hangs = true
    for (let i = 0; i < 4; i++) await expect(ask(AbortSignal.timeout(50))).rejects.toMatchObject(unavailable)
    expect(server.asked).toHaveLength(3)
  })

  it('that refuses one request is asked the next', async () => {
    const ask = start()
    server.status = 400
    for (let i = 0; i < 5; i++) await expect(ask()).rejects.toMatchObject(unavailable)
    expect(server.asked).toHaveLength(5)
  })
})
