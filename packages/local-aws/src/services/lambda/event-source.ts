import { setTimeout as delay } from 'node:timers/promises'
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'
import type { Lambda } from './server.ts'
import { processedMessages, toSqsEvent } from './sqs-event.ts'

export type EventSource = { close(): Promise<void> }

const RECEIVE_LIMIT = 10
const LONG_POLL_SECONDS = 20
const DEFAULT_CONCURRENCY = 5
const CLOSE_WITHIN_MS = 10_000

/**
 * Delivers a queue's messages to a function as Lambda's event source mapping does: what the
 * function fails to process stays in the queue until its visibility timeout ends, and the queue's
 * own redrive policy decides when to give up.
 */
export const startEventSource = (o: {
  sqs: SQSClient
  queueUrl: string
  queueArn: string
  batchSize: number
  maximumBatchingWindowSeconds?: number
  maximumConcurrency?: number
  reportBatchItemFailures: boolean
  invoke: (event: SQSEvent) => ReturnType<Lambda['invoke']>
  log: (line: object) => void
}): EventSource => {
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()

  const receive = async (count: number, waitSeconds: number): Promise<Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: o.queueUrl,
      MaxNumberOfMessages: Math.min(RECEIVE_LIMIT, count),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    })
    return (await o.sqs.send(command, { abortSignal: stopping.signal })).Messages ?? []
  }

  const gather = async (): Promise<Message[]> => {
    const messages = await receive(o.batchSize, LONG_POLL_SECONDS)
    const until = Date.now() + (o.maximumBatchingWindowSeconds ?? 0) * 1000
    while (messages.length > 0 && messages.length < o.batchSize && !stopping.signal.aborted) {
      const leftSeconds = Math.floor((until - Date.now()) / 1000)
      if (leftSeconds < 1) break
      messages.push(
        ...(await receive(o.batchSize - messages.length, Math.min(leftSeconds, LONG_POLL_SECONDS)).catch(
          () => [],
        )),
      )
    }
    return messages
  }

  const remove = async (messages: Message[]) => {
    for (let at = 0; at < messages.length; at += RECEIVE_LIMIT) {
      const entries = messages
        .slice(at, at + RECEIVE_LIMIT)
        .map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle }))
      await o.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: o.queueUrl, Entries: entries }))
    }
  }

  const deliver = async (messages: Message[]) => {
    const result = await o.invoke(toSqsEvent(messages, o.queueArn))
    const processed = result.ok
      ? o.reportBatchItemFailures
        ? processedMessages(messages, result.payload)
        : messages
      : []
    if (processed.length < messages.length)
      o.log({
        eventSource: o.queueArn,
        received: messages.length,
        failed: messages.length - processed.length,
        error: result.ok ? undefined : result.errorType,
      })
    await remove(processed)
  }

  const report = (step: string) => (error: unknown) =>
    o.log({ eventSource: o.queueArn, step, error: String(error) })

  const poll = async () => {
    while (!stopping.signal.aborted) {
      try {
        const messages = await gather()
        if (messages.length === 0) continue
        const delivery = deliver(messages)
          .catch(report('deliver'))
          .finally(() => running.delete(delivery))
        running.add(delivery)
      } catch (error) {
        if (stopping.signal.aborted) return
        report('receive')(error)
        await delay(1000, undefined, { signal: stopping.signal }).catch(() => undefined)
      }
      if (running.size >= (o.maximumConcurrency ?? DEFAULT_CONCURRENCY)) await Promise.race(running)
    }
  }
  const polling = poll()

  return {
    close: async () => {
      stopping.abort()
      await Promise.race([
        polling.then(() => Promise.all(running)),
        delay(CLOSE_WITHIN_MS, undefined, { ref: false }),
      ])
    },
  }
}
