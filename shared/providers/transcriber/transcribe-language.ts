import { LanguageCode } from '@aws-sdk/client-transcribe'
import { baseLanguage, canonicalTag } from '../../kernel/language-tags.ts'

const CODES = new Map(Object.values(LanguageCode).map(code => [canonicalTag(code), code]))

/** With the region where most people speak it so: `en` -> `en-US`, `zh-Hant` -> `zh-TW`. */
const withRegion = (tag: string): string => {
  const { language, region } = new Intl.Locale(tag).maximize()
  return `${language}-${region}`
}

/**
 * The code of Transcribe that comes nearest to a tag: its own region, else the one where most
 * people speak the language, else the first that Transcribe knows. A language without any code
 * stays as it is, for Transcribe to refuse.
 */
export const transcribeLanguage = (tag: string): LanguageCode => {
  // Browsers name how Norwegian is written, Transcribe names what is spoken.
  const spoken = tag.replace(/^n[bn](?=-|$)/i, 'no')
  const language = baseLanguage(spoken)
  const canonical = canonicalTag(spoken) ?? language
  const nearest = [canonical, withRegion(canonical), withRegion(language)].find(candidate =>
    CODES.has(candidate),
  )
  const first = () => [...CODES.values()].find(code => baseLanguage(code) === language)
  return (nearest ? CODES.get(nearest) : first()) ?? (tag as LanguageCode)
}
