import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { build as bundle, type Metafile, stop } from 'esbuild'

/** The folders whose every file is a function of its own, and the prefix of their names. */
const STEP_FOLDERS = { pipeline: 'pipeline', workers: 'worker', scheduled: 'scheduled' }

/**
 * Files that a function reads beside its bundle: where they lie, and where in its folder they go.
 */
const COMPANIONS: Record<string, { from: string; to: string }[]> = {
  migrate: [{ from: 'shared/db/migrations', to: 'migrations' }],
  system: [
    { from: 'docs/openapi.json', to: 'openapi.json' },
    { from: 'functions/system/docs', to: 'docs' },
    { from: 'functions/system/watch', to: 'watch' },
    { from: 'node_modules/hls.js/dist/hls.min.js', to: 'watch/hls.min.js' },
    ...['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'].map(file => ({
      from: `node_modules/swagger-ui-dist/${file}`,
      to: `docs/${file}`,
    })),
  ],
}
/** The function that has a layer, which is built along with it. */
const LAYERED = { name: 'pipeline-inspect', from: 'layers/media-tools' }

/** Returns the files that a function is made from beside the sources of its bundle. */
export const companionsOf = (name: string): string[] => [
  ...(COMPANIONS[name] ?? []).map(({ from }) => from),
  ...(name === LAYERED.name ? [LAYERED.from] : []),
]

export type Entry = { name: string; file: string }
/**
 * The bundle of one function: `eagerBytes` is what a cold start reads, `inputs` the sources in it.
 */
export type Bundle = { eagerBytes: number; inputs: string[] }

/**
 * Returns the entry files by convention: functions/<name>/index.ts, each file of the step folders,
 * and the media task.
 */
export const findEntries = async (root = 'functions'): Promise<Entry[]> => {
  const entries: Entry[] = [{ name: 'media-task', file: 'media-task/main.ts' }]
  for (const folder of (await readdir(root)).sort()) {
    const files = (await readdir(join(root, folder)).catch(() => []))
      .filter(file => file.endsWith('.ts'))
      .sort()
    const prefix = STEP_FOLDERS[folder as keyof typeof STEP_FOLDERS]
    for (const file of files) {
      const path = join(root, folder, file)
      if (prefix) entries.push({ name: `${prefix}-${basename(file, '.ts')}`, file: path })
      else if (!prefix && file === 'index.ts') entries.push({ name: folder, file: path })
    }
  }
  return entries
}

/**
 * Bundles the given functions (all, when none is named) into `dist/<name>/`, with the files that
 * they read beside them.
 */
export const build = async ({
  outDir = 'dist',
  only,
}: {
  outDir?: string
  only?: string[]
} = {}): Promise<Record<string, Bundle>> => {
  const entries = (await findEntries()).filter(({ name }) => !only || only.includes(name))
  const bundles: Record<string, Bundle> = Object.fromEntries(
    await Promise.all(entries.map(async entry => [entry.name, await bundleOne(entry, outDir)] as const)),
  )
  // Its service would stay resident, with all that it has read.
  await stop()
  if (entries.some(({ name }) => name === LAYERED.name)) {
    const { buildLayer } = await import('../layers/media-tools/build.ts')
    await buildLayer(join(outDir, LAYERED.from))
  }
  const metaFile = join(outDir, 'meta.json')
  const before = only ? JSON.parse(await readFile(metaFile, 'utf8').catch(() => '{}')) : {}
  await writeFile(metaFile, JSON.stringify({ ...before, ...bundles }, null, 1))
  return bundles
}

const bundleOne = async ({ name, file }: Entry, outDir: string): Promise<Bundle> => {
  // A function that runs from the last build stays whole until the new one is complete.
  const outdir = join(outDir, `.new-${name}`)
  const { metafile } = await bundle({
    entryPoints: { index: file },
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    splitting: true,
    minify: true,
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    // CommonJS packages inside an ES module ask for `require`.
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    external: ['mediainfo.js'],
    metafile: true,
    logLevel: 'warning',
  })
  const target = join(outDir, name)
  await copyCompanions(name, outdir)
  await rm(target, { recursive: true, force: true })
  await rename(outdir, target)
  return measure(metafile, relative('.', join(outdir, 'index.mjs')))
}

const measure = ({ outputs }: Metafile, entry: string): Bundle => {
  const seen = new Set<string>()
  const inputs = new Set<string>()
  const visit = (path: string): number => {
    const output = outputs[path]
    if (!output || seen.has(path)) return 0
    seen.add(path)
    for (const input of Object.keys(output.inputs)) inputs.add(input)
    return (
      output.bytes +
      output.imports
        .filter(({ kind }) => kind === 'import-statement')
        .reduce((sum, { path }) => sum + visit(path), 0)
    )
  }
  const eagerBytes = visit(entry)
  if (eagerBytes === 0) throw new Error(`the bundle ${entry} is not in the metafile`)
  return { eagerBytes, inputs: [...inputs].sort() }
}

const copyCompanions = async (name: string, folder: string) => {
  for (const { from, to } of COMPANIONS[name] ?? []) await cp(from, join(folder, to), { recursive: true })
}

if (import.meta.main) {
  const startedAt = performance.now()
  const bundles = await build()
  for (const [name, { eagerBytes }] of Object.entries(bundles).sort())
    console.log(`${name.padEnd(22)} ${(eagerBytes / 1000).toFixed(0).padStart(5)} kB`)
  console.log(
    `built ${Object.keys(bundles).length} functions in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  )
}
