import { glob, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const files = await Array.fromAsync(
  glob('{shared,functions,media-task,layers,infra,packages,dev,scripts,bench,test}/**/*.{ts,mjs}'),
)
const comments: { at: string; text: string }[] = []
for (const file of files)
  for (const [index, text] of (await readFile(file, 'utf8')).split('\n').entries())
    if (/^\s*(\/\/|\/?\*)/.test(text)) comments.push({ at: `${file}:${index + 1}`, text })

test('comments have at most 100 characters a line', () => {
  expect(comments.length).toBeGreaterThan(1000)
  expect(
    comments
      .filter(({ text }) => text.length > 100 && !/biome-ignore|https?:/.test(text))
      .map(({ at }) => at),
  ).toEqual([])
})

test('comments begin with their subject or the verb of their effect', () => {
  const wrong = comments.filter(({ text }) =>
    /^\s*(\/\/|\*|\/\*\*)\s*(What|Who|Whoever|Whether|Where) /.test(text),
  )
  expect(wrong.map(({ at }) => at)).toEqual([])
})
