import type { CaptionRole } from '../shared/contract/media-report.ts'
import { languageTag } from '../shared/domain/media/media-facts.ts'
import { cleanText } from '../shared/kernel/clean-text.ts'
import type { Stream } from './streams.ts'

const MAX_TITLE_CHARACTERS = 200

/** The name that its maker gave a track. `SoundHandler` and the like are the names of programs. */
const titleOf = ({ tags }: Stream): string | undefined => {
  const title =
    tags.title ??
    (/handler|handle$|^core media|^gpac|^iso media/i.test(tags.handler_name ?? '') ? '' : tags.handler_name)
  return title ? cleanText(title.slice(0, MAX_TITLE_CHARACTERS)) : undefined
}

/** The facts that sounds and subtitles share. */
export const describeTrack = (stream: Stream) => {
  const language = languageTag(stream.tags.language)
  const title = titleOf(stream)
  return { codec: stream.codec_name, ...(language && { language }), ...(title && { title }) }
}

const COMMENTARY = /comment|bình luận|kommentar|commentaire/i
const IMPAIRED = /\b(sdh|cc|hi|hoh)\b|hearing|impaired|closed caption|malentend|gehörlos/i
const FORCED = /forced|forcé|signs|songs/i

/** Returns the purpose of a subtitle track, by its flags, else by its title. */
export const roleOf = ({ disposition, tags }: Stream): CaptionRole => {
  const title = `${tags.title ?? ''} ${tags.handler_name ?? ''}`
  if (disposition.forced === 1 || FORCED.test(title)) return 'forced'
  if (disposition.comment === 1 || COMMENTARY.test(title)) return 'commentary'
  if (disposition.hearing_impaired === 1 || disposition.captions === 1 || IMPAIRED.test(title))
    return 'impaired'
  return 'full'
}

/** Returns whether a sound is a commentary, or describes the picture. */
export const isExtra = ({ disposition, tags }: Stream): boolean =>
  disposition.comment === 1 ||
  disposition.visual_impaired === 1 ||
  disposition.descriptions === 1 ||
  COMMENTARY.test(tags.title ?? '') ||
  /descri(ption|bed)|audiodesk/i.test(tags.title ?? '')
