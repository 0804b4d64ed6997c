import type { Word } from './engine.ts'

type Item =
  | {
      id: number
      type: 'pronunciation'
      alternatives: [{ confidence: string; content: string }]
      start_time: string
      end_time: string
    }
  | { id: number; type: 'punctuation'; alternatives: [{ confidence: '0.0'; content: string }] }

const seconds = (time: number) => time.toFixed(3)

const toItems = (words: Word[]): Item[] =>
  words
    .flatMap(({ content, confidence, startTime, endTime, mark }) => [
      {
        type: 'pronunciation' as const,
        alternatives: [{ confidence: confidence.toFixed(3), content }] as [
          { confidence: string; content: string },
        ],
        start_time: seconds(startTime),
        end_time: seconds(endTime),
      },
      ...(mark
        ? [
            {
              type: 'punctuation' as const,
              alternatives: [{ confidence: '0.0' as const, content: mark }] as [
                { confidence: '0.0'; content: string },
              ],
            },
          ]
        : []),
    ])
    .map((item, id) => ({ id, ...item }) as Item)

const textOf = (items: Item[]): string =>
  items.reduce(
    (text, { type, alternatives: [{ content }] }) =>
      text + (type === 'pronunciation' && text ? ' ' : '') + content,
    '',
  )

const segmentsOf = (items: Item[]) => {
  const groups: Item[][] = [[]]
  for (const item of items) {
    groups.at(-1)!.push(item)
    if (item.type === 'punctuation' && /[.?!]/.test(item.alternatives[0].content)) groups.push([])
  }
  return groups
    .filter(group => group.length > 0)
    .map((group, id) => {
      const spoken = group.filter(item => item.type === 'pronunciation')
      const times = { start_time: spoken[0]!.start_time, end_time: spoken.at(-1)!.end_time }
      return { id, transcript: textOf(group), ...times, items: group.map(item => item.id) }
    })
}

/** The file that Amazon Transcribe writes for a job. */
export const transcriptFile = (o: {
  jobName: string
  accountId: string
  language: string
  identified: boolean
  words: Word[]
}) => {
  const items = toItems(o.words)
  return {
    jobName: o.jobName,
    accountId: o.accountId,
    status: 'COMPLETED',
    results: {
      ...(o.identified && {
        language_code: o.language,
        language_identification: [{ score: '1.0', code: o.language }],
      }),
      transcripts: [{ transcript: textOf(items) }],
      items,
      audio_segments: segmentsOf(items),
    },
  }
}
