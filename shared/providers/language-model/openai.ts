import OpenAI from 'openai'
import * as z from 'zod'
import { problem } from '../../contract/problems.ts'

export type StructuredTask<S extends z.ZodType> = {
  /** Names the wanted structure; a server that knows the task by name can choose its method. */
  name: string
  instructions: string
  /** Goes to the model as JSON: material, never instructions. */
  data: unknown
  answer: S
  temperature: number
}

export type LanguageModel = ReturnType<typeof createLanguageModel>

/** Any OpenAI-compatible server. Retries with jitter and honours Retry-After (the client does); a call ends after `timeoutMs`. */
export const createLanguageModel = ({
  apiKey,
  baseUrl,
  model,
  timeoutMs = 120_000,
}: {
  apiKey: string
  baseUrl?: string
  model: string
  timeoutMs?: number
}) => {
  const client = new OpenAI({ apiKey, maxRetries: 3, timeout: timeoutMs, ...(baseUrl && { baseURL: baseUrl }) })
  return {
    /** One structured answer and the name of the model that gave it. Throws `provider.unavailable` when there is none to be had. */
    async answer<S extends z.ZodType>({
      name,
      instructions,
      data,
      answer,
      temperature,
    }: StructuredTask<S>): Promise<{ answer: z.output<S>; model: string }> {
      const { $schema: _, ...schema } = z.toJSONSchema(answer)
      const completion = await client.chat.completions
        .create({
          model,
          temperature,
          messages: [
            { role: 'system', content: instructions },
            { role: 'user', content: JSON.stringify(data) },
          ],
          response_format: { type: 'json_schema', json_schema: { name, schema, strict: true } },
        })
        .catch((error: unknown) => {
          if (error instanceof OpenAI.APIError)
            throw Object.assign(problem('provider.unavailable', { detail: 'The language model does not answer.' }), { cause: error })
          throw error
        })
      const content = completion.choices[0]?.message.content
      const parsed = answer.safeParse(parseJson(content))
      if (!parsed.success)
        throw Object.assign(problem('summary.failed', { detail: 'The language model did not keep to the structure.' }), {
          cause: parsed.error,
        })
      return { answer: parsed.data, model: completion.model }
    },
  }
}

const parseJson = (text: string | null | undefined): unknown => {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
