import type { Sql } from '../../db/client.ts'
import { saveCaptionTrack } from '../../db/repositories/caption-tracks.ts'
import { listMediaFiles } from '../../db/repositories/media-files.ts'
import { baseLanguage } from '../../kernel/language-tags.ts'
import { parseObjectUrl } from '../../kernel/object-url.ts'
import { readCaptions } from './read-captions.ts'
import type { Segment } from './segment-words.ts'

export type CaptionDeps = {
  sql: Sql
  readText: (key: string) => Promise<string | undefined>
}

/**
 * Notes the subtitle tracks that a run found in its file. Returns the one in the spoken language,
 * else the first that has text.
 */
export const readOwnCaptions = async (
  deps: CaptionDeps,
  { videoId, runId, preferred }: { videoId: string; runId: string; preferred: string | null },
): Promise<{ segments: Segment[]; language: string | null } | undefined> => {
  const files = (await listMediaFiles(deps.sql, { videoId, kind: 'caption' })).filter(
    file => file.runId === runId,
  )
  const spoken = preferred && baseLanguage(preferred)
  const rank = ({ language }: { language: string | null }) =>
    language && baseLanguage(language) === spoken ? 0 : 1
  const tracks = files
    .map(file => ({ ...file, index: Number(file.details?.index ?? 0) }))
    .sort((a, b) => rank(a) - rank(b) || a.index - b.index)
  let chosen: { segments: Segment[]; language: string | null } | undefined
  for (const { url, language, index, details } of tracks) {
    const label = typeof details?.title === 'string' ? details.title : null
    await saveCaptionTrack(deps.sql, { videoId, runId, index, language, label, source: 'embedded', url })
    if (chosen) continue
    const segments = await readCaptions((await deps.readText(parseObjectUrl(url).key)) ?? '')
    if (segments.length > 0) chosen = { segments, language }
  }
  return chosen
}
