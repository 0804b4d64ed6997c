import { problem } from '../../shared/contract/problems.ts'
import type { systemRoutes } from '../../shared/contract/system.ts'
import { listEvents } from '../../shared/db/repositories/events.ts'
import { findJob } from '../../shared/db/repositories/jobs.ts'
import { issueTicket, type TicketDeps } from '../../shared/domain/events/issue-ticket.ts'
import { presentJob } from '../../shared/domain/jobs/present-job.ts'
import { type HealthDeps, readHealth } from '../../shared/domain/system/read-health.ts'
import { compressed } from '../../shared/lambda/http/compressed.ts'
import type { Implementations } from '../../shared/lambda/http/create-api.ts'
import type { Pages } from './pages.ts'

export type SystemDeps = HealthDeps & TicketDeps & { pages: Pages }

/** The operations of the system function. */
export const createSystemApp = (deps: SystemDeps): Implementations<typeof systemRoutes> => ({
  getHealth: async () => {
    const health = await readHealth(deps)
    return health.status === 'healthy' ? { status: 200, body: health } : { status: 503, body: health }
  },

  getOpenApi: async () => ({
    status: 200,
    content: await deps.pages.openApi(),
    contentType: 'application/json',
  }),

  getDocs: async () => ({
    status: 200,
    content: await deps.pages.page('docs'),
    contentType: 'text/html; charset=utf-8',
  }),

  getDocsAsset: async ({ params, headers }) => serveAsset(deps, 'docs', params.asset, headers),

  getWatchPage: async () => ({
    status: 200,
    content: await deps.pages.page('watch'),
    contentType: 'text/html; charset=utf-8',
    headers: WATCH_HEADERS,
  }),

  getWatchAsset: async ({ params, headers }) => serveAsset(deps, 'watch', params.asset, headers),

  getJob: async ({ params, user }) => {
    const job = await findJob(deps.sql, { jobId: params.id, userId: user.userId })
    if (!job) throw problem('job.not_found', { jobId: params.id })
    return { status: 200, body: presentJob(job) }
  },

  listEvents: async ({ query, user }) => ({
    status: 200,
    body: await listEvents(deps.sql, { ...query, userId: user.userId }),
  }),

  createTicket: async ({ user }) => ({ status: 201, body: await issueTicket(deps, user) }),
})

/** The page runs its own scripts only; films and their pictures come from the bucket. */
const WATCH_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; worker-src blob:; connect-src *; img-src * blob: data:; media-src * blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

const serveAsset = async (
  { pages }: SystemDeps,
  page: 'docs' | 'watch',
  name: string,
  headers: Record<string, string | undefined>,
) => {
  const asset = await pages.asset(page, name)
  if (!asset) throw problem('route.not_found')
  const { content, headers: encoding } = compressed(asset.content, headers)
  return {
    status: 200 as const,
    content,
    contentType: asset.contentType,
    headers: { ...encoding, 'Cache-Control': 'public, max-age=86400', 'X-Content-Type-Options': 'nosniff' },
  }
}
