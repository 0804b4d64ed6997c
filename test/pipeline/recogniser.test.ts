import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServedFiles, serveFiles, serveTranscribe } from '../support/engines.ts'
import { speechClips } from '../support/fixtures.ts'

const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .replace(/\bmr\b/g, 'mister')
    .replace(/[^a-z' ]/g, ' ')
    .split(/\s+/)
    .filter(Boolean)

/** Fewest words to insert, delete or replace (Levenshtein). */
const wordErrors = (reference: string[], heard: string[]): number => {
  let row = Array.from({ length: heard.length + 1 }, (_, j) => j)
  for (const [i, word] of reference.entries()) {
    const next = [i + 1]
    for (const [j, other] of heard.entries())
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (word === other ? 0 : 1)))
    row = next
  }
  return row.at(-1)!
}

describe('the recogniser of this machine', () => {
  let files: ServedFiles
  let transcribe: Awaited<ReturnType<typeof serveTranscribe>>
  beforeAll(async () => {
    files = await serveFiles()
    transcribe = await serveTranscribe(files)
  })
  afterAll(async () => {
    await transcribe.close()
    await files.close()
  })

  it('gets more than 60 % of the words of six recorded sentences right', async () => {
    const results = await Promise.all(
      speechClips().map(async ({ file, reference }, i) => {
        await files.put(basename(file), file)
        const { file: transcript } = await transcribe.run(`clip-${i}`, {
          LanguageCode: 'en-US',
          Media: { MediaFileUri: `s3://media/${basename(file)}` },
        })
        const heard = transcript!.results.transcripts[0]!.transcript
        return {
          clip: basename(file),
          heard,
          words: wordsOf(reference).length,
          errors: wordErrors(wordsOf(reference), wordsOf(heard)),
        }
      }),
    )
    const words = results.reduce((sum, result) => sum + result.words, 0)
    const errors = results.reduce((sum, result) => sum + result.errors, 0)
    for (const result of results)
      console.log(`${result.clip}: ${result.errors} of ${result.words} wrong: ${result.heard}`)
    console.log(
      `Word error rate of the embedded recogniser: ${((100 * errors) / words).toFixed(1)} % (${errors} of ${words} words)`,
    )
    expect(results).toHaveLength(6)
    expect(errors / words).toBeLessThan(0.4)
  })
})
