import * as z from 'zod'
import { isoTime, languageTag, uuid, videoIdParams } from './fields.ts'
import { SUMMARY_LANGUAGE } from './pipeline.ts'
import { defineRoutes } from './route.ts'

export const AISummary = z
  .object({
    id: uuid,
    videoId: uuid,
    overview: z.string(),
    keyPoints: z.array(z.string()),
    timestamps: z.array(
      z.looseObject({ time: z.string().meta({ description: 'MM:SS or H:MM:SS' }), content: z.string() }),
    ),
    language: z.string().meta({ description: 'The language that the text really is in' }),
    modelUsed: z.string().nullable(),
    createdAt: isoTime,
  })
  .meta({ id: 'AISummary' })

export const SummarizeRequest = z
  .object({ language: languageTag.default(SUMMARY_LANGUAGE), includeTimestamps: z.boolean().default(true) })
  .meta({ id: 'SummarizeRequest' })

export const summariesRoutes = defineRoutes({
  summarize: {
    method: 'POST',
    path: '/ai/summarize/{videoId}',
    function: 'summaries',
    auth: 'user',
    summary: 'Summarise a video in a language',
    description:
      'Answers 200 when the summary exists or can be made within 20 seconds; else 202, and the job says when it is there.',
    params: videoIdParams,
    body: SummarizeRequest,
    responses: {
      200: { description: 'The summary', schema: z.object({ summary: AISummary, jobId: uuid }) },
      202: { description: 'It is being made', schema: z.object({ summary: z.null(), jobId: uuid }) },
    },
    problems: ['video.not_found', 'summary.no_transcript', 'summary.failed'],
  },
})

/**
 * The most that is taken of a model's answer, in characters and entries. A good answer has a tenth
 * of it; what is beyond is cut.
 */
export const SUMMARY_LIMITS = {
  language: 100,
  overview: 5_000,
  statement: 1_000,
  keyPoints: 200,
  timestamps: 1_000,
  segmentIds: 200,
} as const

const segmentIds = z.array(z.int())

/** The structure that the language model fills: ids of segments, never times. */
export const SummaryAnswer = z.object({
  language: z.string(),
  overview: z.string(),
  overviewSegmentIds: segmentIds,
  keyPoints: z.array(z.object({ text: z.string(), segmentIds })),
  timestamps: z.array(z.object({ segmentId: z.int(), content: z.string() })),
})
export type SummaryAnswer = z.infer<typeof SummaryAnswer>
