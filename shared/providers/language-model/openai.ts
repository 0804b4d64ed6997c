import OpenAI from 'openai'
import * as z from 'zod'
import { createCircuitBreaker } from '../../kernel/circuit-breaker.ts'
import { type Clock, systemClock } from '../../kernel/clock.ts'
import { ProviderError } from '../../kernel/provider-error.ts'

export type StructuredTask<S extends z.ZodType> = {
  /** Names the wanted structure; a server that knows the task by name can choose its method. */
  name: string
  instructions: string
  /** Goes to the model as JSON: material, never instructions. */
  data: unknown
  answer: S
  temperature: number
  /** Ends waiting for the answer, repetitions included. */
  signal: AbortSignal
}

export type LanguageModel = ReturnType<typeof createLanguageModel>

/**
 * After so many calls in a row without an answer the server is left alone for a while: each of them
 * may have taken minutes.
 */
const FAILURES = 3
const COOL_DOWN_MS = 60_000
const LONGEST_COOL_DOWN_MS = 10 * 60_000

/** Errors of this request alone, which say nothing about the next one. */
const REFUSALS = new Set<unknown>([400, 413, 422])

/**
 * Any OpenAI-compatible server. Retries with jitter and honours Retry-After (the client does); a
 * call ends after `timeoutMs`. A server that does not answer several times in a row, or asks to be
 * left alone, is not called for a while: calls then fail at once.
 */
export const createLanguageModel = ({
  apiKey,
  baseUrl,
  model,
  timeoutMs = 120_000,
  now = systemClock,
}: {
  apiKey: string
  baseUrl?: string
  model: string
  timeoutMs?: number
  now?: Clock
}) => {
  const client = new OpenAI({
    apiKey,
    maxRetries: 2,
    timeout: timeoutMs,
    fetch: boundedFetch,
    ...(baseUrl && { baseURL: baseUrl }),
  })
  const breaker = createCircuitBreaker({ failures: FAILURES, coolDownMs: COOL_DOWN_MS, now })

  const complete = async (
    request: OpenAI.ChatCompletionCreateParamsNonStreaming,
    options: { signal: AbortSignal },
  ): Promise<OpenAI.ChatCompletion> => {
    if (breaker.isOpen())
      throw new ProviderError('unavailable', 'The language model has not answered for a while')
    try {
      const completion = await client.chat.completions.create(request, options)
      breaker.succeeded()
      return completion
    } catch (error) {
      if (!(error instanceof OpenAI.APIError)) throw error
      if (!REFUSALS.has(error.status)) breaker.failed({ retryAfterMs: retryAfterMs(error.headers, now()) })
      throw new ProviderError('unavailable', 'The language model does not answer', { cause: error })
    }
  }

  return {
    /**
     * One structured answer and the name of the model that gave it. Throws a ProviderError when
     * there is none to be had.
     */
    async answer<S extends z.ZodType>({
      name,
      instructions,
      data,
      answer,
      temperature,
      signal,
    }: StructuredTask<S>): Promise<{ answer: z.output<S>; model: string }> {
      const { $schema: _, ...schema } = z.toJSONSchema(answer)
      const request: OpenAI.ChatCompletionCreateParamsNonStreaming = {
        model,
        temperature,
        messages: [
          { role: 'system', content: instructions },
          { role: 'user', content: JSON.stringify(data) },
        ],
        response_format: { type: 'json_schema', json_schema: { name, schema, strict: true } },
      }
      const completion = await complete(request, { signal })
      const content = completion.choices[0]?.message.content
      const parsed = answer.safeParse(parseJson(content))
      if (!parsed.success)
        throw new ProviderError('invalid_answer', 'The language model did not keep to the structure', {
          cause: parsed.error,
        })
      return { answer: parsed.data, model: completion.model }
    },
  }
}

/** A hundred times a good answer. */
const MAX_ANSWER_BYTES = 2_000_000

/** Fetches from the given server only, and ends an answer that has no end. */
const boundedFetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
  const response = await fetch(url, { ...init, redirect: 'error' })
  let bytes = 0
  const counted = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        bytes += chunk.byteLength
        if (bytes > MAX_ANSWER_BYTES)
          controller.error(new ProviderError('invalid_answer', 'The answer of the language model has no end'))
        else controller.enqueue(chunk)
      },
    }),
  )
  return new Response(counted ?? null, response)
}

/** How long the server asks to be left alone: seconds or a date (RFC 9110); within reason. */
const retryAfterMs = (headers: Headers | undefined, now: Date): number => {
  const value = headers?.get('retry-after') ?? ''
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now.getTime()
  return Math.min(Math.max(0, ms || 0), LONGEST_COOL_DOWN_MS)
}

const parseJson = (text: string | null | undefined): unknown => {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
