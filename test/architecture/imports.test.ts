import { glob, readFile } from 'node:fs/promises'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { findEntries } from '../../scripts/build.ts'

/**
 * From a folder to the folders whose values it may import, beside itself. `import type` is free.
 */
const ALLOWED: Record<string, string[]> = {
  'shared/kernel': [],
  'shared/contract': ['shared/kernel'],
  'shared/config': ['shared/kernel'],
  'shared/observability': ['shared/kernel'],
  'shared/domain': ['shared/kernel', 'shared/contract', 'shared/db/repositories'],
  'shared/db': ['shared/kernel', 'shared/contract'],
  'shared/cache': ['shared/kernel', 'shared/contract'],
  'shared/aws': ['shared/kernel', 'shared/contract'],
  'shared/providers': ['shared/kernel', 'shared/contract'],
  'shared/lambda': ['shared/kernel', 'shared/contract', 'shared/observability'],
  functions: ['shared'],
  // No database, no cache, nothing that reads the environment for them.
  'media-task': [
    'shared/kernel',
    'shared/contract',
    'shared/config',
    'shared/observability',
    'shared/aws',
    'shared/domain/media',
  ],
  layers: [],
  infra: ['shared/contract', 'shared/config', 'shared/kernel'],
  // The demo shows the film that the tests use.
  dev: ['packages/local-aws', 'infra', 'scripts', 'test/support'],
  'packages/local-aws': [],
  // It starts the same commands as the product, so it reads what it measures.
  bench: ['dev', 'packages/local-aws', 'scripts', 'test/support', 'media-task', 'shared/domain/media'],
  scripts: ['shared/contract', 'infra', 'layers', 'dev'],
}

const sources = await Array.fromAsync(
  glob('{shared,functions,media-task,layers,infra,packages,dev,scripts,bench}/**/*.ts'),
)
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
      // Tests and their fixtures may import anything.
      if (!from) return []
      return imports
        .filter(({ external }) => !external)
        .filter(
          ({ path }) =>
            folderOf(path) !== from && !ALLOWED[from]?.some(folder => path.startsWith(`${folder}/`)),
        )
        .map(({ path }) => `${file} -> ${path}`)
    })
    expect(wrong).toEqual([])
  })

  test('only entry files and functions/compose create clients or read the environment', async () => {
    const composing = (await findEntries()).map(({ file }) => file)
    const others = sources.filter(
      file =>
        /^(functions|media-task)\//.test(file) &&
        !composing.includes(file) &&
        !file.startsWith('functions/compose/'),
    )
    expect(others.length).toBeGreaterThan(10)
    const wrong: string[] = []
    // A child process needs to find its programs.
    for (const file of others)
      if (
        /new \w+Client\(|create(S3Client|Cache|Database)\(|readConfig\(|process\.env(?!\.PATH\b)/.test(
          await readFile(file, 'utf8'),
        )
      )
        wrong.push(file)
    expect(wrong).toEqual([])
  })

  test('every folder has its rule', () => {
    expect(sources.filter(file => !folderOf(file))).toEqual([])
  })
})

/** The value imports among files below a folder, each named by `nameOf`. */
const importsAmong = (folder: string, nameOf: (file: string) => string) => {
  const edges = new Map<string, Set<string>>()
  for (const [file, { imports }] of Object.entries(metafile.inputs)) {
    if (!file.startsWith(`${folder}/`)) continue
    const own = edges.get(nameOf(file)) ?? new Set()
    edges.set(nameOf(file), own)
    for (const { path } of imports)
      if (path.startsWith(`${folder}/`) && nameOf(path) !== nameOf(file)) own.add(nameOf(path))
  }
  return edges
}

/** The names that can be reached from themselves. */
const circular = (edges: Map<string, Set<string>>) => {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    [...(edges.get(from) ?? [])].some(
      next => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))),
    )
  return [...edges.keys()].filter(name => reaches(name, name))
}

describe('circles', () => {
  test('no two folders of the domain import each other, on whatever way', () => {
    const edges = importsAmong('shared/domain', file => file.split('/')[2]!)
    expect(edges.size).toBeGreaterThan(8)
    expect(circular(edges)).toEqual([])
  })

  test('no two files of the contract import each other, on whatever way', () => {
    const edges = importsAmong('shared/contract', file => file)
    expect(edges.size).toBeGreaterThan(8)
    expect(circular(edges)).toEqual([])
  })
})

describe('the ground floor of the domain', () => {
  test('runs import jobs, and neither imports a feature above', () => {
    const edges = importsAmong('shared/domain', file => file.split('/')[2]!)
    expect([...edges.get('jobs')!]).toEqual([])
    expect([...edges.get('runs')!]).toEqual(['jobs'])
  })

  test('every other folder imports only the reading functions of the jobs repository', async () => {
    const statements = /\b(?:import|export) (?!type )([^;'"]*?) from '[^']*repositories\/jobs\.ts'/g
    const imported: string[] = []
    for (const file of sources.filter(file => !file.startsWith('shared/domain/jobs/')))
      for (const [, names] of (await readFile(file, 'utf8')).matchAll(statements))
        imported.push(...names!.split(/[{},]/).flatMap(name => name.trim() || []))
    expect(imported.length).toBeGreaterThan(5)
    expect(imported.filter(name => !/^(type|find\w+|list\w+|count\w+)\b/.test(name))).toEqual([])
  })
})
