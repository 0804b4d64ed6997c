import type { SQSEvent } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createWorker } from '../../shared/lambda/create-worker.ts'

const log = { info: () => {}, warn: () => {}, error: () => {} }

type Sent = { id: string; group?: string; body?: string }
const eventOf = (sent: Sent[]) =>
  ({
    Records: sent.map(({ id, group, body }) => ({
      messageId: id,
      body: body ?? JSON.stringify({ id }),
      attributes: group === undefined ? {} : { MessageGroupId: group },
    })),
  }) as unknown as SQSEvent

/**
 * Handles a batch in which some messages fail; answers what was handled and what goes back to the
 * queue.
 */
const work = async (sent: Sent[], failing: string[] = []) => {
  const handled: string[] = []
  const handle = async ({ id }: { id: string }) => {
    await new Promise(setImmediate)
    if (failing.includes(id)) throw new Error(id)
    handled.push(id)
  }
  const { batchItemFailures } = await createWorker({ message: z.object({ id: z.string() }), handle, log })(
    eventOf(sent),
  )
  return { handled, back: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) }
}

describe('a worker', () => {
  it('sends back only what failed', async () => {
    expect(await work([{ id: 'a' }, { id: 'b' }, { id: 'c' }], ['b'])).toEqual({
      handled: ['a', 'c'],
      back: ['b'],
    })
  })

  it('keeps the order of a group: what comes behind a failure waits with it', async () => {
    const group = 'linh'
    expect(await work([1, 2, 3, 4].map(n => ({ id: `${n}`, group })))).toEqual({
      handled: ['1', '2', '3', '4'],
      back: [],
    })
    expect(
      await work(
        [1, 2, 3, 4].map(n => ({ id: `${n}`, group })),
        ['2'],
      ),
    ).toEqual({ handled: ['1'], back: ['2', '3', '4'] })
  })

  it('lets no group wait for another', async () => {
    const sent = [
      { id: 'a1', group: 'a' },
      { id: 'b1', group: 'b' },
      { id: 'a2', group: 'a' },
      { id: 'b2', group: 'b' },
    ]
    expect(await work(sent, ['a1'])).toEqual({ handled: ['b1', 'b2'], back: ['a1', 'a2'] })
  })

  it('takes a message that is not of the schema for one that failed', async () => {
    expect(await work([{ id: 'a', body: '{"id":1}' }, { id: 'b', body: 'no json' }, { id: 'c' }])).toEqual({
      handled: ['c'],
      back: ['a', 'b'],
    })
  })
})
