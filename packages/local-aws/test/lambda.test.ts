import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Lambda, type LogLine, startLambda } from '../src/services/lambda/server.ts'
import { startTinyFunctions, type TinyFunctions } from './support/tiny-functions.ts'

let functions: TinyFunctions
let lambda: Lambda
let define: TinyFunctions['define']
const lines: LogLine[] = []

beforeAll(async () => {
  functions = await startTinyFunctions({
    environmentFor: ({ name }) => ({ ROLE: `role-of-${name}` }),
    log: line => lines.push(line),
  })
  ;({ lambda, define } = functions)
})
afterAll(() => functions.close())

describe('a function', () => {
  test('sees its own environment and context, and nothing of the host', async () => {
    process.env.HOST_SECRET = 'leaked'
    await define(
      'own',
      `export const handler = async (event, context) => ({ env: process.env, event, name: context.functionName, arn: context.invokedFunctionArn,
         memory: context.memoryLimitInMB, left: context.getRemainingTimeInMillis(), when: new Date(0) })`,
      { environment: { STAGE: 'local', ROLE: 'overridden' } },
    )
    const result = await lambda.invoke('own', { at: new Date(0), gone: undefined })
    if (!result.ok) throw new Error(result.errorMessage)
    const payload = result.payload as Record<string, never>
    expect(payload.env).toMatchObject({
      STAGE: 'local',
      ROLE: 'role-of-own',
      AWS_LAMBDA_FUNCTION_NAME: 'own',
      AWS_REGION: 'us-east-1',
    })
    expect(payload.env).toHaveProperty('_X_AMZN_TRACE_ID', expect.stringMatching(/^Root=1-/))
    expect(payload.env).not.toHaveProperty('HOST_SECRET')
    expect(payload).toMatchObject({
      name: 'own',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:own',
      memory: '128',
    })
    expect(payload).toMatchObject({
      event: { at: '1970-01-01T00:00:00.000Z' },
      when: '1970-01-01T00:00:00.000Z',
    })
    expect(payload.left).toBeGreaterThan(3000)
    expect(payload.left).toBeLessThanOrEqual(5000)
  })

  test('runs one invocation per worker, keeps its state between them, and lets the rest wait in order', async () => {
    await define(
      'slots',
      `let running = 0; const id = Math.random()
       export const handler = async n => { running++; await new Promise(r => setTimeout(r, 100)); return { n, id, together: running-- } }`,
      { concurrency: 2 },
    )
    const finished: number[] = []
    const results = await Promise.all(
      [0, 1, 2, 3, 4, 5].map(async n => {
        const result = await lambda.invoke('slots', n)
        finished.push(n)
        return (result as { payload: { id: number; together: number } }).payload
      }),
    )
    expect(new Set(results.map(result => result.id)).size).toBe(2)
    expect(results.every(result => result.together === 1)).toBe(true)
    expect(finished.slice(-2).sort()).toEqual([4, 5])
  })

  test('is killed at its timeout, even in an endless loop, and works again afterwards', async () => {
    await define(
      'loop',
      'export const handler = async event => { while (event.forever) {} ; return "fine" }',
      {
        timeoutSeconds: 1,
        concurrency: 1,
      },
    )
    expect(await lambda.invoke('loop', { forever: true })).toMatchObject({
      ok: false,
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/),
    })
    expect(await lambda.invoke('loop', {})).toEqual({ ok: true, payload: 'fine' })
  })

  test.each([
    ['exits', 'process.exit(3)'],
    [
      'throws outside the handler',
      'setTimeout(() => { throw new Error("stray") }); await new Promise(() => {})',
    ],
    ['leaves a rejection unhandled', 'Promise.reject(new Error("stray")); await new Promise(() => {})'],
    ['runs out of memory', 'const all = []; for (;;) all.push(new Array(1e6).fill({ a: 1 }))'],
  ])('that %s takes only its own worker down', async (name, code) => {
    await define(
      name,
      `export const handler = async event => { if (event.crash) { ${code} } return process.pid }`,
      {
        timeoutSeconds: 30,
        memoryMb: 64,
      },
    )
    expect(await lambda.invoke(name, { crash: true })).toMatchObject({
      ok: false,
      errorType: 'Runtime.ExitError',
    })
    expect(await lambda.invoke(name, {})).toEqual({ ok: true, payload: process.pid })
  })

  test('that throws answers with the name, message and trace of its error', async () => {
    await define('throws', 'export const handler = async () => { throw new TypeError("no such cue") }')
    const result = await lambda.invoke('throws', {})
    expect(result).toMatchObject({ ok: false, errorType: 'TypeError', errorMessage: 'no such cue' })
    expect(result).toHaveProperty('trace.0', 'TypeError: no such cue')
  })

  test('that cannot be loaded says why', async () => {
    await define('broken', "import 'not-in-the-bundle'")
    await define('empty', 'export const other = 1')
    expect(await lambda.invoke('broken', {})).toMatchObject({ errorType: 'Runtime.ImportModuleError' })
    expect(await lambda.invoke('empty', {})).toMatchObject({ errorType: 'Runtime.HandlerNotFound' })
    expect(await lambda.invoke('nobody', {})).toMatchObject({ errorType: 'ResourceNotFoundException' })
  })

  test('takes and gives 6 MB of JSON and not more', async () => {
    await define(
      'size',
      'export const handler = async event => event.text ? event.text.length : "x".repeat(event.give)',
    )
    const limit = 6 * 1024 * 1024
    expect(await lambda.invoke('size', { text: 'x'.repeat(limit - 11) })).toEqual({
      ok: true,
      payload: limit - 11,
    })
    expect(await lambda.invoke('size', { text: 'x'.repeat(limit - 10) })).toMatchObject({
      errorType: 'RequestTooLargeException',
    })
    expect(await lambda.invoke('size', { give: limit })).toMatchObject({ ok: true })
    expect(await lambda.invoke('size', { give: limit + 100 })).toMatchObject({
      errorType: 'Function.ResponseSizeTooLarge',
    })
  })

  test('runs its new code after a reload, while a running invocation finishes in the old', async () => {
    const source = (version: number) =>
      `export const handler = async ms => { await new Promise(r => setTimeout(r, ms)); return ${version} }`
    const { codeDir } = await define('versions', source(1))
    expect(await lambda.invoke('versions', 0)).toEqual({ ok: true, payload: 1 })
    const running = lambda.invoke('versions', 300)
    await writeFile(join(codeDir, 'index.mjs'), source(2))
    lambda.reload('versions')
    expect(await lambda.invoke('versions', 0)).toEqual({ ok: true, payload: 2 })
    expect(await running).toEqual({ ok: true, payload: 1 })
  })

  test('is stopped by its caller, running or waiting', async () => {
    await define('stopped', 'export const handler = async () => { for (;;) {} }', { concurrency: 1 })
    const stop = new AbortController()
    const running = lambda.invoke('stopped', {}, { signal: stop.signal })
    const waiting = lambda.invoke('stopped', {}, { signal: stop.signal })
    await delay(50)
    stop.abort()
    expect(await Promise.all([running, waiting])).toMatchObject([
      { errorType: 'Sandbox.Stopped' },
      { errorType: 'Sandbox.Stopped' },
    ])
  })

  test('has its output logged by line and stream', async () => {
    await define(
      'talks',
      'export const handler = async () => { console.log("one\\ntwo"); console.error("bad"); process.stdout.write("rest\\n") }',
    )
    expect(await lambda.invoke('talks', {})).toEqual({ ok: true, payload: null })
    const of = (stream: string) =>
      lines.filter(line => line.functionName === 'talks' && line.stream === stream).map(({ line }) => line)
    await vi.waitFor(
      () => expect([of('stdout'), of('stderr')]).toEqual([['one', 'two', 'rest'], ['bad']]),
      10_000,
    )
  })
})

test('the runtime closes at once although a function runs in an endless loop', async () => {
  const other = startLambda({ environmentFor: () => ({}), log: () => undefined })
  other.define(
    await define('endless', 'export const handler = async () => { for (;;) {} }', {
      timeoutSeconds: 60,
      concurrency: 1,
    }),
  )
  const invocations = Promise.all([other.invoke('endless', {}), other.invoke('endless', {})])
  await delay(300)
  const startedAt = Date.now()
  await other.close()
  expect(Date.now() - startedAt).toBeLessThan(1000)
  expect(await invocations).toMatchObject([
    { errorType: 'Sandbox.Stopped' },
    { errorType: 'Sandbox.Stopped' },
  ])
})
