import { glob, readFile } from 'node:fs/promises'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'

/** From a folder to the folders whose values it may import, beside itself. `import type` is free. */
const ALLOWED: Record<string, string[]> = {
  'shared/kernel': [],
  'shared/contract': ['shared/kernel'],
  'shared/config': ['shared/kernel'],
  'shared/observability': ['shared/kernel'],
  'shared/domain': ['shared/kernel', 'shared/contract'],
  'shared/db': ['shared/kernel', 'shared/contract'],
  'shared/cache': ['shared/kernel', 'shared/contract'],
  'shared/aws': ['shared/kernel', 'shared/contract'],
  'shared/providers': ['shared/kernel', 'shared/contract'],
  'shared/http': ['shared/kernel', 'shared/contract', 'shared/observability'],
  'shared/jobs': ['shared/kernel', 'shared/contract', 'shared/observability'],
  functions: ['shared'],
  layers: [],
  infra: ['shared/contract', 'shared/config', 'shared/kernel'],
  // The demo shows the film that the tests use.
  local: ['infra', 'scripts', 'test/support'],
  bench: ['local', 'scripts', 'test/support'],
  scripts: ['shared/contract', 'infra', 'layers', 'local'],
}

const sources = await Array.fromAsync(glob('{shared,functions,layers,infra,local,scripts}/**/*.ts'))
const { metafile } = await build({
  entryPoints: sources,
  bundle: true,
  write: false,
  outdir: 'unused',
  format: 'esm',
  platform: 'node',
  packages: 'external',
  metafile: true,
  logLevel: 'silent',
})

const folderOf = (file: string) =>
  Object.keys(ALLOWED)
    .filter(folder => file.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0]

describe('the direction of imports', () => {
  test('every value import stays inside its folder or goes to one that the rules name', () => {
    const wrong = Object.entries(metafile.inputs).flatMap(([file, { imports }]) => {
      const from = folderOf(file)
      return imports
        .filter(({ external }) => !external)
        .filter(({ path }) => folderOf(path) !== from && !ALLOWED[from ?? '']?.some(folder => path.startsWith(`${folder}/`)))
        .map(({ path }) => `${file} -> ${path}`)
    })
    expect(wrong).toEqual([])
  })

  test('only entry files compose: no other file of functions/ creates an AWS client or reads the environment', async () => {
    const apps = sources.filter(file => /^functions\/[\w-]+\/app\.ts$/.test(file))
    const wrong: string[] = []
    for (const file of apps) if (/@aws-sdk|process\.env/.test(await readFile(file, 'utf8'))) wrong.push(file)
    expect(wrong).toEqual([])
  })

  test('every folder of shared/ has its rule', () => {
    expect(sources.filter(file => !folderOf(file))).toEqual([])
  })
})
