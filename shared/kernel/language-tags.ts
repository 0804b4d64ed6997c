/**
 * A BCP 47 tag as it is spelled everywhere: `en-us` -> `en-US`, `vie` -> `vi`, `iw` -> `he`;
 * undefined for what is none.
 */
export const canonicalTag = (tag: string): string | undefined => {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}

/** The columns that keep tags have this length. */
const MAX_LENGTH = 10

/**
 * Language, script and region of a tag as they are kept: `zh-hans-cn` -> `zh-Hans-CN`,
 * `ca-valencia` -> `ca`. Where that is too long, the script says more than the region
 * (`sr-Latn-419` -> `sr-Latn`). Undefined for what is no tag.
 */
export const shortTag = (tag: string): string | undefined => {
  const canonical = canonicalTag(tag)
  if (!canonical) return undefined
  const { language, script, region } = new Intl.Locale(canonical)
  const whole = [language, script, region].filter(Boolean).join('-')
  return whole.length <= MAX_LENGTH ? whole : [language, script].filter(Boolean).join('-')
}

/** The language of a tag, whatever its script and region: `en-us` -> `en`, `vie` -> `vi`. */
export const baseLanguage = (tag: string): string => (canonicalTag(tag) ?? tag).split('-')[0]!

/** Returns whether a tag stands for an unknown language, several or none. */
export const namesNoLanguage = (tag: string): boolean => /^(und|mul|mis|zxx)\b/.test(tag)

/**
 * The names that the runtime knows. Made when they are first needed: that takes longer than
 * starting most functions.
 */
let names: Record<'language' | 'script' | 'region', Intl.DisplayNames> | undefined
const makeNames = (type: Intl.DisplayNamesType) => new Intl.DisplayNames('en', { type, fallback: 'none' })

/**
 * Returns whether a tag names one language that exists, and a script and region that exist if it
 * names any. Variants and extensions count as none: there is no list of them.
 */
export const isKnownLanguage = (tag: string): boolean => {
  const canonical = canonicalTag(tag)
  if (!canonical || namesNoLanguage(canonical) || /-(Zzzz|ZZ)\b/.test(canonical)) return false
  names ??= { language: makeNames('language'), script: makeNames('script'), region: makeNames('region') }
  const { language, script, region } = new Intl.Locale(canonical)
  if ([language, script, region].filter(Boolean).join('-') !== canonical) return false
  return Boolean(
    names.language.of(language) &&
      (!script || names.script.of(script)) &&
      (!region || names.region.of(region)),
  )
}
