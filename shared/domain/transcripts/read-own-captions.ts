import type { CaptionRole } from '../../contract/media-report.ts'
import type { Sql } from '../../db/client.ts'
import { saveCaptionTrack } from '../../db/repositories/caption-tracks.ts'
import { listMediaFiles, type MediaFileRow } from '../../db/repositories/media-files.ts'
import { baseLanguage } from '../../kernel/language-tags.ts'
import { parseObjectUrl } from '../../kernel/object-url.ts'
import { readCaptions } from './read-captions.ts'
import { readsLikeSpeech } from './reads-like-speech.ts'
import type { Segment } from './segment-words.ts'

export type CaptionDeps = {
  sql: Sql
  readText: (key: string) => Promise<string | undefined>
}

type Wanted = {
  videoId: string
  runId: string
  /** As its owner has announced it. */
  language: string | null
  durationMs: number
}

/** Tracks with all that is said; the others have a part of it, or say something else. */
const ORDER: Partial<Record<CaptionRole, number>> = { full: 0, impaired: 1 }

/**
 * Notes the subtitle tracks that a run found in its file. Returns the one that has what is said: in
 * the language of the sound, and such as reads like speech.
 */
export const readOwnCaptions = async (
  deps: CaptionDeps,
  { videoId, runId, language, durationMs }: Wanted,
): Promise<{ segments: Segment[]; language: string | null } | undefined> => {
  const files = (await listMediaFiles(deps.sql, { videoId })).filter(file => file.runId === runId)
  const spoken = language ?? files.find(({ kind }) => kind === 'audio')?.language ?? null
  const tracks = files.filter(({ kind }) => kind === 'caption').map(describe)
  for (const { url, index, title, language } of tracks)
    await saveCaptionTrack(deps.sql, {
      ...{ videoId, runId, index, language, url },
      label: title,
      source: 'embedded',
    })
  const candidates = tracks
    .filter(({ role, language }) => ORDER[role] !== undefined && !isTranslation(language, spoken))
    .sort((a, b) => rank(a, spoken) - rank(b, spoken) || a.index - b.index)
  for (const { url, language } of candidates) {
    const text = (await deps.readText(parseObjectUrl(url).key)) ?? ''
    const segments = await readCaptions(text, durationMs)
    if (readsLikeSpeech(segments, durationMs)) return { segments, language: language ?? spoken }
  }
  return undefined
}

type Track = { url: string; language: string | null; index: number; title: string | null; role: CaptionRole }

const describe = ({ url, language, details }: MediaFileRow): Track => ({
  url,
  language,
  index: Number(details?.index ?? 0),
  title: typeof details?.title === 'string' ? details.title : null,
  role: (details?.role ?? 'full') as CaptionRole,
})

const isTranslation = (language: string | null, spoken: string | null): boolean =>
  language !== null && spoken !== null && baseLanguage(language) !== baseLanguage(spoken)

/** A track in the language of the sound comes before one whose language nobody says. */
const rank = ({ language, role }: Track, spoken: string | null): number =>
  (language === null && spoken !== null ? 2 : 0) + ORDER[role]!
