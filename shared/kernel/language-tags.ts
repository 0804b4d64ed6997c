/** A BCP 47 tag as it is spelled everywhere: `en-us` -> `en-US`, `vie` -> `vi`, `iw` -> `he`; undefined for what is none. */
export const canonicalTag = (tag: string): string | undefined => {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}

/** The language of a tag, whatever its script and region: `en-us` -> `en`, `vie` -> `vi`. */
export const baseLanguage = (tag: string): string => (canonicalTag(tag) ?? tag).split('-')[0]!
