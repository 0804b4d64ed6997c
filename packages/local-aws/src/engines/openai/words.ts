export type Language = 'en' | 'vi'

// The commonest words of each language, which say nothing about a text's subject but which language
// it is in.
const stopWords: Record<Language, Set<string>> = {
  en: new Set(
    `a about after all also am an and any are as at be because been before being but by can could did do does doing don for from get go got had
    has have he her here him his how i if in into is it its just know like me more most my no not now of on one only or other our out over really
    right said say see she should so some such than that the their them then there these they thing things think this those through to too up us
    very was way we well were what when where which who why will with would yeah you your`.split(/\s+/),
  ),
  vi: new Set(
    `ai anh ạ bạn bị bởi các cái cần có còn của cũng cho chỉ chúng chưa chị cùng dù do đã đang đây để đến đều đi điều đó được em gì giờ hay hãy hoặc
    hơn khi không là lại làm lên lúc mà mình một mỗi muốn này nên nếu ngay nhau như nhưng những nó nữa ở phải qua ra rằng rất rồi sau sẽ sự ta tại
    theo thì tôi từ trên trong trước tuy và vào vẫn vậy về vì với việc xin`.split(/\s+/),
  ),
}

const segmenters = {
  en: new Intl.Segmenter('en', { granularity: 'word' }),
  vi: new Intl.Segmenter('vi', { granularity: 'word' }),
}

/** The words of a text in lower case, composed (NFC), without punctuation. */
export const wordsOf = (text: string, language: Language): string[] =>
  [...segmenters[language].segment(text.normalize('NFC').toLocaleLowerCase(language))]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment)

// Letters that Vietnamese has and its neighbours on a keyboard do not.
const vietnameseLetters = /[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/u

/** Of a language that is known here every third word or so is one of the commonest. */
const KNOWN_SHARE = 0.15

/**
 * Returns the language whose rules fit a text best, and the name of the language that it is in:
 * one that is known here, else that of its tag; `und` when nothing tells.
 */
export const detectLanguage = (text: string, tag?: string | null): { rules: Language; name: string } => {
  const words = wordsOf(text.slice(0, 20_000), 'vi')
  const vietnamese = words.filter(
    word => vietnameseLetters.test(word) || (stopWords.vi.has(word) && !stopWords.en.has(word)),
  ).length
  const english = words.filter(word => stopWords.en.has(word) && !stopWords.vi.has(word)).length
  const rules = vietnamese > english ? 'vi' : 'en'
  const share = Math.max(vietnamese, english) / Math.max(1, words.length)
  return { rules, name: share >= KNOWN_SHARE ? rules : (tag ?? 'und') }
}

/**
 * Returns the terms of a text: its words without the commonest; for Vietnamese also pairs of
 * syllables, because most words are two.
 */
export const termsOf = (text: string, language: Language): string[] => {
  const words = wordsOf(text, language)
  const terms = words.filter(word => !stopWords[language].has(word))
  if (language === 'en') return terms
  return [...terms, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)]
}

/** A text that reads as a sentence: capital letter in front, full stop behind. */
export const asSentence = (text: string, language: Language): string => {
  const trimmed = text.trim().replace(/\s+/g, ' ')
  const first = String.fromCodePoint(trimmed.codePointAt(0) ?? 32)
  const capitalised = first.toLocaleUpperCase(language) + trimmed.slice(first.length)
  return /[.!?…。]["'”’)]*$/u.test(capitalised) ? capitalised : `${capitalised.replace(/[,;:]$/, '')}.`
}

/** At most so many characters, cut between words. */
export const shorten = (text: string, characters: number): string => {
  if (text.length <= characters) return text
  const cut = text.slice(0, characters).replace(/\s+\S*$/u, '')
  return `${cut.replace(/[,;:.]$/, '')}…`
}
