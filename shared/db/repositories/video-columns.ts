import type * as z from 'zod'
import type { TranscriptStatus } from '../../contract/videos.ts'

type Transcript = z.infer<typeof TranscriptStatus>

export type TranscriptColumns = {
  transcriptStatus: Transcript['status']
  transcriptReason: Transcript['reason'] | null
  transcriptLanguage: string | null
  transcriptSource: Transcript['source'] | null
}

/** Every column of `videos` that leaves the database; `search` never does. */
export const VIDEO_COLUMNS = [
  'id',
  'userId',
  'title',
  'description',
  'youtubeUrl',
  'fileUrl',
  'thumbnailUrl',
  'duration',
  'fileSize',
  'status',
  'stage',
  'processingProgress',
  'playbackUrl',
  'metadata',
  'createdAt',
  'updatedAt',
  'language',
  'attempt',
  'runId',
  'sourceKey',
  'sourceEtag',
  'sourceContentType',
  'transcriptStatus',
  'transcriptReason',
  'transcriptLanguage',
  'transcriptSource',
  'transcodeJobId',
] as const
