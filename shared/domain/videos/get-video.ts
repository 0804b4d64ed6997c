import type * as z from 'zod'
import { PLAYBACK_LINK_SECONDS } from '../../contract/limits.ts'
import type { AINarration } from '../../contract/videos.ts'
import type { Sql } from '../../db/client.ts'
import { listNarrations, type NarrationRow } from '../../db/repositories/narrations.ts'
import { findNewestSummary } from '../../db/repositories/summaries.ts'
import type { VideoRow } from '../../db/repositories/videos.ts'
import { presentSummary } from './present-summary.ts'
import { type PresentDeps, presentVideo } from './present-video.ts'
import { type Owned, requireVideo } from './require-video.ts'

export type GetVideoDeps = PresentDeps & { sql: Sql }

/**
 * A video with its newest summary, its narrations and how its transcript stands. Throws
 * `video.not_found`.
 */
export const getVideo = async (deps: GetVideoDeps, { baseUrl, ...owned }: Owned & { baseUrl: string }) => {
  const row = await requireVideo(deps, owned)
  const [video, aiSummary, narrations] = await Promise.all([
    presentVideo(deps, row, baseUrl),
    findNewestSummary(deps.sql, owned),
    listNarrations(deps.sql, owned),
  ])
  return {
    video,
    ...(aiSummary && { aiSummary: presentSummary(aiSummary) }),
    narrations: await Promise.all(narrations.map(row => presentNarration(deps, row))),
    transcript: transcriptStatus(row),
  }
}

const presentNarration = async (
  { storage }: GetVideoDeps,
  row: NarrationRow,
): Promise<z.input<typeof AINarration>> => ({
  id: row.id,
  videoId: row.videoId,
  language: row.language,
  voiceType: row.voiceType,
  speed: row.speed,
  audioUrl: row.audioUrl && (await storage.signGet(row.audioUrl, { expiresSeconds: PLAYBACK_LINK_SECONDS })),
  transcript: row.transcript,
  status: row.status,
  createdAt: row.createdAt,
})

const transcriptStatus = (row: VideoRow) => ({
  status: row.transcriptStatus,
  ...(row.transcriptReason && { reason: row.transcriptReason }),
  ...(row.transcriptLanguage && { language: row.transcriptLanguage }),
  ...(row.transcriptSource && { source: row.transcriptSource }),
})
