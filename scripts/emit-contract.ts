import { readFile, writeFile } from 'node:fs/promises'
import { renderAsyncApi } from './contract/asyncapi.ts'
import { renderOpenApi } from './contract/openapi.ts'

const documents = { 'docs/openapi.json': renderOpenApi(), 'docs/asyncapi.json': renderAsyncApi() }

/**
 * Writes the documents that are derived from the contract; with `--check` it only says whether they
 * are up to date.
 */
for (const [file, document] of Object.entries(documents)) {
  const text = `${JSON.stringify(document, null, 2)}\n`
  if (!process.argv.includes('--check')) await writeFile(file, text)
  else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error(`${file} does not match the contract. Run "npm run contract" and commit it.`)
    process.exitCode = 1
  }
}
