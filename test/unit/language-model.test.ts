import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createCircuitBreaker } from '../../shared/kernel/circuit-breaker.ts'
import { createLanguageModel } from '../../shared/providers/language-model/openai.ts'

describe('A circuit breaker', () => {
  const start = (failures = 2) => {
    const time = { ms: 1000 }
    return { time, breaker: createCircuitBreaker({ failures, coolDownMs: 100, now: () => new Date(time.ms) }) }
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
  const server = createServer((_, response) => {
    calls += 1
    if (answer.hangs) return
    const message = { role: 'assistant', content: '{"text":"Xin chào"}' }
    const body = answer.status === 200 ? { model: 'm', choices: [{ index: 0, message }] } : { error: { message: 'no' } }
    // The client must not try again by itself: the tests would wait for it.
    response.writeHead(answer.status, { 'content-type': 'application/json', 'x-should-retry': 'false', ...answer.headers })
    response.end(JSON.stringify(body))
  })
  let calls = 0
  let answer: { status: number; headers?: Record<string, string>; hangs?: true }
  const time = { ms: 0 }
  beforeAll(async () => {
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  })
  beforeEach(() => {
    calls = 0
    answer = { status: 200 }
    time.ms = Date.parse('2026-11-25T12:00:00Z')
  })
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })

  const start = () => {
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const model = createLanguageModel({ apiKey: 'k', model: 'm', baseUrl, now: () => new Date(time.ms) })
    const task = { name: 'greeting', instructions: 'Greet.', data: {}, answer: z.object({ text: z.string() }), temperature: 0 }
    return (signal = new AbortController().signal) => model.answer({ ...task, signal })
  }
  const unavailable = { code: 'provider.unavailable', type: { retryable: true } }

  it('that has not answered three times is left alone for a minute, then asked again', async () => {
    const ask = start()
    answer = { status: 503 }
    for (let i = 0; i < 5; i++) await expect(ask()).rejects.toMatchObject(unavailable)
    expect(calls).toBe(3)
    time.ms += 60_000
    answer = { status: 200 }
    expect((await ask()).answer).toEqual({ text: 'Xin chào' })
    expect(calls).toBe(4)
  })

  it.each([
    ['seconds', '120'],
    ['a date', 'Wed, 25 Nov 2026 12:02:00 GMT'],
  ])('is left alone for as long as it asks for in %s', async (_, retryAfter) => {
    const ask = start()
    answer = { status: 429, headers: { 'retry-after': retryAfter } }
    for (let i = 0; i < 2; i++) await expect(ask()).rejects.toMatchObject(unavailable)
    time.ms += 119_000
    await expect(ask()).rejects.toMatchObject(unavailable)
    expect(calls).toBe(1)
    time.ms += 1000
    answer = { status: 200 }
    await ask()
    expect(calls).toBe(2)
  })

  it('that hangs is waited for no longer than the caller can, and soon left alone', async () => {
    const ask = start()
    answer = { status: 200, hangs: true }
    for (let i = 0; i < 4; i++) await expect(ask(AbortSignal.timeout(50))).rejects.toMatchObject(unavailable)
    expect(calls).toBe(3)
  })

  it('that refuses one request is asked the next', async () => {
    const ask = start()
    answer = { status: 400 }
    for (let i = 0; i < 5; i++) await expect(ask()).rejects.toMatchObject(unavailable)
    expect(calls).toBe(5)
  })
})
