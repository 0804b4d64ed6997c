import { baseLanguage } from '../../kernel/language-tags.ts'

type Track = {
  language?: string
  title?: string
  isDefault: boolean
  isExtra: boolean
  isSilent: boolean
}

/** Beside the one that is played. */
const MAX_FURTHER = 4

/**
 * Which of a film's sounds is played and recognised, and which are offered beside it. The first is
 * in the announced language, audible, no commentary or description, the file's default, in this
 * order of weight; at last the file's order decides. The others have another language or title than
 * those before them.
 */
export const chooseSounds = <T extends Track>(tracks: readonly T[], announced: string | undefined): T[] => {
  const spoken = announced && baseLanguage(announced)
  const rank = ({ language, isSilent, isExtra, isDefault }: Track) =>
    Number(!(spoken && language && baseLanguage(language) === spoken)) * 8 +
    Number(isSilent) * 4 +
    Number(isExtra) * 2 +
    Number(!isDefault)
  const ordered = tracks.toSorted((a, b) => rank(a) - rank(b))
  const known = new Set<string>()
  const distinct = ordered.filter(({ language, title }, i) => {
    const name = `${language ?? ''} ${title ?? ''}`
    const isNew = i === 0 || (!known.has(name) && name !== ' ')
    known.add(name)
    return isNew
  })
  return distinct.slice(0, 1 + MAX_FURTHER)
}
