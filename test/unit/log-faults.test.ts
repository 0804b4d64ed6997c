import type { APIGatewayProxyWebsocketEventV2 } from 'aws-lambda'
import { expect, it } from 'vitest'
import { createRealtimeApp } from '../../functions/realtime/app.ts'
import { createStep } from '../../shared/lambda/create-step.ts'
import { logFaults } from '../../shared/lambda/log-faults.ts'

type RealtimeDeps = Parameters<typeof createRealtimeApp>[0]

const keepLines = () => {
  const lines: ({ message: string } & Record<string, unknown>)[] = []
  const keep = (message: string, fields?: object) => void lines.push({ message, ...fields })
  return { lines, log: { info: keep, warn: keep, error: keep } }
}

/** As Postgres refuses a row: it shows the whole of it. */
const refusedRow = () =>
  Object.assign(
    new Error('violates a rule, see https://media/film?X-Amz-Signature=abc', { cause: new Error('why') }),
    {
      name: 'PostgresError',
      detail: 'Failing row contains (lan@example.com)',
    },
  )
const task = {
  runId: 'run',
  input: { videoId: 'v', userId: 'u', attempt: 1, bucket: 'b', key: 'k', eTag: 'e', sizeBytes: 1 },
  state: {},
}

type Call = (work: () => Promise<never>, log: ReturnType<typeof keepLines>['log']) => Promise<unknown>
const callers: [string, Call][] = [
  ['function', (work, log) => logFaults(work, { log })({})],
  ['step', (work, log) => createStep({ run: work, log })(task)],
  [
    'WebSocket event',
    (remove, log) =>
      createRealtimeApp({ log, connections: { remove } } as unknown as RealtimeDeps)({
        requestContext: { connectionId: 'c', eventType: 'DISCONNECT' },
      } as APIGatewayProxyWebsocketEventV2),
  ],
]

it.each(callers)(
  'A fault of a %s is logged once and whole; the runtime, which writes down what is thrown, gets its sentence alone',
  async (_, call) => {
    const { lines, log } = keepLines()
    const fault = refusedRow()
    const thrown = (await call(() => Promise.reject(fault), log).catch(error => error)) as Record<
      string,
      unknown
    >
    expect(lines).toMatchObject([{ error: fault }])
    expect(thrown).toMatchObject({
      name: 'PostgresError',
      message: 'violates a rule, see https://media/film?X-Amz-Signature=[redacted]',
    })
    expect(JSON.stringify(Object.getOwnPropertyNames(thrown).map(name => thrown[name]))).not.toMatch(
      /lan@example|why|abc/,
    )
  },
)

it('A function that does its work logs nothing and answers', async () => {
  const { lines, log } = keepLines()
  expect(await logFaults(async (n: number) => n + 1, { log })(1)).toBe(2)
  expect(lines).toEqual([])
})
