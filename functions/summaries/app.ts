import type { summariesRoutes } from '../../shared/contract/summaries.ts'
import { type RequestDeps, requestSummary } from '../../shared/domain/summaries/request-summary.ts'
import { presentSummary } from '../../shared/domain/videos/present-summary.ts'
import type { Implementations } from '../../shared/lambda/http/create-api.ts'

/** The operations of the summaries function. */
export const createSummariesApp = (deps: RequestDeps): Implementations<typeof summariesRoutes> => ({
  summarize: async ({ params, body, user }) => {
    const { summary, jobId } = await requestSummary(deps, {
      videoId: params.videoId,
      userId: user.userId,
      language: body.language,
    })
    if (!summary) return { status: 202, body: { summary, jobId } }
    const shown = presentSummary(summary)
    return {
      status: 200,
      body: { summary: body.includeTimestamps ? shown : { ...shown, timestamps: [] }, jobId },
    }
  },
})
