import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const files = await Array.fromAsync(
  glob(['*.md', 'docs/**/*.md', 'packages/local-aws/README.md'], { cwd: root }),
)
const documents = await Promise.all(
  files.map(async file => ({ file, text: await readFile(join(root, file), 'utf8') })),
)

/** A heading's anchor as GitHub makes it. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(
    ([, title]) =>
      `#${title!
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-')}`,
  )

it.each(documents)('$file links to files and headings that exist', ({ file, text }) => {
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(#[^)]*)?\)/g)].map(([, path, anchor]) => ({
    path: path!,
    anchor,
  }))
  const broken = links.filter(({ path, anchor }) =>
    path ? !existsSync(join(root, dirname(file), path)) : !anchorsOf(text).includes(anchor!),
  )
  expect(broken).toEqual([])
})

it.each(documents)('$file names scripts and paths that exist', async ({ file, text }) => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const named = [...text.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, name]) => name!)
  expect(named.filter(name => !scripts[name])).toEqual([])
  const paths = [
    ...text.matchAll(
      /`((?:infra|functions|media-task|shared|packages|dev|scripts|docs|test|bench|layers|src)\/[\w./-]+)`/g,
    ),
  ].map(([, path]) => path!)
  const exists = (path: string) => existsSync(join(root, path)) || existsSync(join(root, dirname(file), path))
  expect(paths.filter(path => !exists(path))).toEqual([])
})
