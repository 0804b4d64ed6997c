import { PLAYBACK_LINK_SECONDS } from '../../contract/limits.ts'
import type { Sql } from '../../db/client.ts'
import type { NarrationRow } from '../../db/repositories/narrations.ts'
import { listNarrations } from '../../db/repositories/narrations.ts'
import { findNewestSummary } from '../../db/repositories/summaries.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'
import { type PresentDeps, presentVideo } from './present-video.ts'
import type { Owned } from './require-video.ts'
import { requireVideo } from './require-video.ts'

export type GetVideoDeps = PresentDeps & { sql: Sql }

/** A video with its newest summary, its narrations and how its transcript stands. Throws `video.not_found`. */
export const getVideo = async (deps: GetVideoDeps, { baseUrl, ...owned }: Owned & { baseUrl: string }) => {
  const row = await requireVideo(deps, owned)
  const [video, aiSummary, narrations] = await Promise.all([
    presentVideo(deps, row, baseUrl),
    findNewestSummary(deps.sql, owned),
    listNarrations(deps.sql, owned),
  ])
  return {
    video,
    ...(aiSummary && { aiSummary }),
    narrations: await Promise.all(narrations.map(narration => withLink(deps, narration))),
    transcript: transcriptStatus(row),
  }
}

const withLink = async ({ storage }: GetVideoDeps, narration: NarrationRow): Promise<NarrationRow> => ({
  ...narration,
  audioUrl: narration.audioUrl && (await storage.signGet(narration.audioUrl, { expiresSeconds: PLAYBACK_LINK_SECONDS })),
})

const transcriptStatus = (row: VideoRow) => ({
  status: row.transcriptStatus,
  ...(row.transcriptReason && { reason: row.transcriptReason }),
  ...(row.transcriptLanguage && { language: row.transcriptLanguage }),
  ...(row.transcriptSource && { source: row.transcriptSource }),
})
