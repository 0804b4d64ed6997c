/** Control characters but tab and line ends, and those that turn the direction of what follows. */
const UNSEEN = /(?![\t\n\r])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu

/** The text without characters that are not seen, or that a database or a page stumbles over. */
export const cleanText = (text: string): string => text.toWellFormed().replace(UNSEEN, '')

/** At most `length` characters of a text, cut between words where there are any. */
export const shortenText = (text: string, length: number): string => {
  if (text.length <= length) return text
  const cut = text.slice(0, length - 1)
  const end = cut.lastIndexOf(' ')
  return `${(end > length / 2 ? cut.slice(0, end) : cut)
    .toWellFormed()
    .replace(/\ufffd$/, '')
    .trimEnd()}…`
}
