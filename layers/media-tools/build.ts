import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

// vitest knows no import.meta.resolve.
const PACKAGE = dirname(createRequire(import.meta.url).resolve('mediainfo.js/package.json'))

/**
 * Writes the layer into `outDir`: mediainfo.js as ESM with its WASM, as Lambda unpacks it under
 * /opt. The source maps, the types and the four other builds of the package stay behind.
 */
export const buildLayer = async (outDir = 'dist/layers/media-tools'): Promise<void> => {
  const target = join(outDir, 'nodejs/node_modules/mediainfo.js')
  await rm(outDir, { recursive: true, force: true })
  await mkdir(join(target, 'dist/esm'), { recursive: true })
  const modules = (await readdir(join(PACKAGE, 'dist/esm'))).filter(
    name => name.endsWith('.js') && name !== 'cli.js',
  )
  const files = [
    'package.json',
    'LICENSE.txt',
    'dist/MediaInfoModule.wasm',
    ...modules.map(name => join('dist/esm', name)),
  ]
  for (const file of files) await cp(join(PACKAGE, file), join(target, file))
}
