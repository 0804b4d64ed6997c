import type { Database } from '../../shared/db/client.ts'
import * as runs from '../../shared/db/repositories/runs.ts'
import * as transcripts from '../../shared/db/repositories/transcripts.ts'
import type { VideoRow } from '../../shared/db/repositories/videos.ts'
import { createId } from '../../shared/kernel/ids.ts'
import { addVideo } from './database.ts'

type SpokenVideo = {
  userId: string
  transcript: 'ready' | 'none'
  reason?: VideoRow['transcriptReason']
  running?: boolean
}

/**
 * A video whose transcript is there, or is known to be none; finished unless it is said to be
 * running.
 */
export const addSpokenVideo = async (
  sql: Database,
  o: SpokenVideo,
): Promise<{ videoId: string; runId: string; sourceKey: string }> => {
  const { id: videoId, sourceKey } = await addVideo(sql, { userId: o.userId })
  const run = { videoId, runId: createId() }
  await runs.recordSource(sql, { userId: o.userId, videoId, key: sourceKey!, eTag: 'e', sizeBytes: 1 })
  await runs.claimRun(sql, { ...run, attempt: 1 })
  const said = ['And so, my fellow Americans', 'ask what you can do'].map((text, i) => ({
    startMs: i,
    endMs: i,
    text,
    confidence: 1,
  }))
  await transcripts.replaceSegments(sql, { ...run, segments: o.transcript === 'ready' ? said : [] })
  await runs.recordTranscriptStatus(sql, { ...run, status: o.transcript, reason: o.reason ?? null })
  if (!o.running) await runs.completeRun(sql, run)
  return { ...run, sourceKey: sourceKey! }
}

/** A valid reply of a language model about it. */
export const spokenSummary = {
  language: 'en',
  overview: 'A speech.',
  overviewSegmentIds: [0],
  keyPoints: [{ text: 'Ask what you can do.', segmentIds: [1] }],
  timestamps: [{ segmentId: 1, content: 'The question' }],
}
