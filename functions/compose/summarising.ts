import type { ReadSecret } from '../../shared/aws/secrets.ts'
import type { Config } from '../../shared/config/config.ts'
import type { Sql } from '../../shared/db/client.ts'
import type { Transact } from '../../shared/db/transact.ts'
import type { SummariseDeps } from '../../shared/domain/summaries/summarise-video.ts'
import { systemClock as now } from '../../shared/kernel/clock.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { createLanguageModel } from '../../shared/providers/language-model/openai.ts'

/** The variables of a function that calls the language model. */
export const LANGUAGE_MODEL_KEYS = [
  'OPENAI_SECRET_ARN',
  'OPENAI_CHAT_MODEL',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
] as const

/** Connects all that a function needs which writes summaries. */
export const connectSummarising = async (
  config: Pick<Config, (typeof LANGUAGE_MODEL_KEYS)[number]>,
  { sql, transact, readSecret }: { sql: Sql; transact: Transact; readSecret: ReadSecret },
): Promise<Omit<SummariseDeps, 'budgetMs'>> => {
  const apiKey =
    config.OPENAI_API_KEY ?? (config.OPENAI_SECRET_ARN && (await readSecret(config.OPENAI_SECRET_ARN)))
  if (!apiKey) throw new Error('The language model has no key: set OPENAI_API_KEY or OPENAI_SECRET_ARN')
  const baseUrl = config.OPENAI_BASE_URL
  const languageModel = createLanguageModel({
    apiKey,
    model: config.OPENAI_CHAT_MODEL,
    ...(baseUrl && { baseUrl }),
  })
  return { sql, transact, languageModel, createId, now }
}
