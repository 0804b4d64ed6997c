export type Segment = {
  index: number
  startMs: number
  endMs: number
  text: string
  confidence: number | null
}

/** A spoken word or a mark, as a recogniser gives it. */
export type RecognisedItem = {
  type: 'pronunciation' | 'punctuation'
  start_time?: string | undefined
  end_time?: string | undefined
  alternatives: { content: string; confidence?: string | undefined }[]
}

/** A pause that ends a segment, and the bounds of one that reads well as a caption. */
const PAUSE_MS = 900
const MAX_SEGMENT_MS = 12_000
const MAX_SEGMENT_CHARACTERS = 180

type Word = { text: string; startMs: number; endMs: number; confidence: number; endsSentence: boolean }

/**
 * Groups words into sentences, or into shorter pieces where a sentence is long. Times are the
 * words' own.
 */
export const segmentWords = (items: readonly RecognisedItem[]): Segment[] => {
  const groups: Word[][] = []
  let group: Word[] = []
  for (const word of readWords(items)) {
    const first = group[0]
    const last = group.at(-1)
    const length = group.reduce((sum, { text }) => sum + text.length + 1, word.text.length)
    const breaks =
      first &&
      last &&
      (last.endsSentence ||
        word.startMs - last.endMs > PAUSE_MS ||
        word.endMs - first.startMs > MAX_SEGMENT_MS ||
        length > MAX_SEGMENT_CHARACTERS)
    if (breaks) {
      groups.push(group)
      group = []
    }
    group.push(word)
  }
  if (group.length > 0) groups.push(group)
  return groups.map(toSegment)
}

const readWords = (items: readonly RecognisedItem[]): Word[] => {
  const words: Word[] = []
  for (const { type, start_time, end_time, alternatives } of items) {
    const { content, confidence } = alternatives[0] ?? { content: '' }
    const last = words.at(-1)
    if (type === 'punctuation' && last) {
      last.text += content
      last.endsSentence = /[.?!。？！]/.test(content)
    } else if (type === 'pronunciation' && content) {
      const startMs = Math.round(Number(start_time) * 1000)
      words.push({
        text: content,
        startMs,
        endMs: Math.max(startMs, Math.round(Number(end_time) * 1000)),
        confidence: Number(confidence ?? 1),
        endsSentence: false,
      })
    }
  }
  return words
}

const toSegment = (words: Word[], index: number): Segment => {
  const text = words.map(word => word.text).join(' ')
  const mean = words.reduce((sum, { confidence }) => sum + confidence, 0) / words.length
  return {
    index,
    startMs: words[0]!.startMs,
    endMs: words.at(-1)!.endMs,
    text: text.charAt(0).toLocaleUpperCase() + text.slice(1),
    confidence: Math.round(mean * 1000) / 1000,
  }
}
