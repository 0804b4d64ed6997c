import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import * as z from 'zod'
import { serveLocally } from '../../machine/listen.ts'
import { extractSummary, ReduceData, reduceSummaries, SummariseData } from './extract-summary.ts'

export type OpenAiOptions = { port: number; log?: (line: object) => void }

/** The replies of the models, by the name of the wanted structure. */
const tasks: Record<string, { data: z.ZodType; answer: (data: never) => object }> = {
  video_summary: { data: SummariseData, answer: extractSummary },
  video_summary_reduce: { data: ReduceData, answer: reduceSummaries },
}

const model = 'extractive'

class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly param: string | null
  constructor(status: number, code: string, message: string, param: string | null = null) {
    super(message)
    this.status = status
    this.code = code
    this.param = param
  }
}

const content = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
])
const completionRequest = z.looseObject({
  model: z.string(),
  stream: z.boolean().nullish(),
  messages: z.array(z.looseObject({ role: z.string(), content: content.nullish() })).min(1),
  response_format: z
    .looseObject({
      type: z.string(),
      json_schema: z
        .looseObject({
          name: z.string(),
          schema: z
            .looseObject({
              properties: z.record(z.string(), z.unknown()).optional(),
              required: z.array(z.string()).optional(),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
})

const textOf = (value: z.infer<typeof content> | null | undefined): string =>
  typeof value === 'string' ? value : (value ?? []).map(({ text = '' }) => text).join('')

const parsed = <S extends z.ZodType>(schema: S, value: unknown, param: string | null): z.infer<S> => {
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  const issues = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new ApiError(400, 'invalid_request', issues.join('; '), param)
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError(
      400,
      'invalid_request',
      'The last user message has to be the JSON data of the task.',
      'messages',
    )
  }
}

/**
 * Keeps to the wanted structure: only its properties; refuses one that asks for more than is there.
 */
const shaped = (
  answer: object,
  { properties, required = [] }: { properties?: object | undefined; required?: string[] | undefined },
): object => {
  const missing = required.filter(name => !Object.hasOwn(answer, name))
  if (missing.length > 0)
    throw new ApiError(
      400,
      'task_not_supported',
      `The embedded model has no ${missing.join(', ')} to answer.`,
      'response_format',
    )
  return properties
    ? Object.fromEntries(Object.entries(answer).filter(([name]) => Object.hasOwn(properties, name)))
    : answer
}

const complete = (body: unknown): { answer: object; task: string } => {
  const request = parsed(completionRequest, body, null)
  if (request.stream)
    throw new ApiError(400, 'unsupported_value', 'The embedded model does not stream.', 'stream')
  const format = request.response_format?.json_schema
  const name = format?.name ?? ''
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined
  if (!task) {
    const known = Object.keys(tasks).join(', ')
    const message = `The embedded model only extracts sentences: it knows the tasks ${known}, not ${name || 'free text'}. Set OPENAI_API_KEY (and OPENAI_BASE_URL) for a language model.`
    throw new ApiError(400, 'task_not_supported', message, 'response_format')
  }
  const data = parseJson(textOf(request.messages.findLast(({ role }) => role === 'user')?.content))
  return {
    answer: shaped(task.answer(parsed(task.data, data, 'messages') as never), format?.schema ?? {}),
    task: name,
  }
}

const wordCount = (value: unknown): number => JSON.stringify(value).split(/\s+/).length

const completion = (body: unknown, answer: object) => {
  const [prompt_tokens, completion_tokens] = [wordCount(body), wordCount(answer)]
  return {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: JSON.stringify(answer), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  }
}

const modelEntry = { id: model, object: 'model', created: 0, owned_by: 'local-aws' }

/**
 * OpenAI's chat completions for the tasks that need no language model, answered by extractive
 * methods; the url ends in /v1.
 */
export const startOpenAi = async ({
  port,
  log = () => {},
}: OpenAiOptions): Promise<{ url: string; close(): Promise<void> }> => {
  const answer = async (request: IncomingMessage): Promise<object> => {
    const operation = `${request.method} ${new URL(request.url ?? '/', 'http://local').pathname}`
    if (!/^Bearer \S/.test(request.headers.authorization ?? ''))
      throw new ApiError(401, 'invalid_api_key', 'You did not provide an API key.')
    if (operation === 'GET /v1/models') return { object: 'list', data: [modelEntry] }
    if (operation === `GET /v1/models/${model}`) return modelEntry
    if (operation !== 'POST /v1/chat/completions')
      throw new ApiError(404, 'unknown_url', `${operation} is not emulated here.`)
    const body = await json(request).catch(() => {
      throw new ApiError(400, 'invalid_request', 'The body is no JSON.')
    })
    const { answer: found, task } = complete(body)
    log({ service: 'openai', task, model })
    return completion(body, found)
  }
  const send = (response: ServerResponse, status: number, body: object) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-request-id': randomUUID() })
      .end(JSON.stringify(body))
  const handle = (request: IncomingMessage, response: ServerResponse) =>
    void answer(request).then(
      body => send(response, 200, body),
      error => {
        const { status, code, message, param } =
          error instanceof ApiError ? error : new ApiError(500, 'server_error', String(error))
        if (status >= 500) log({ service: 'openai', error: String(error) })
        send(response, status, {
          error: { message, type: status < 500 ? 'invalid_request_error' : 'server_error', param, code },
        })
      },
    )
  const server = await serveLocally(handle, { port })
  return { url: `${server.url}/v1`, close: server.close }
}
