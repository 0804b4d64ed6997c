import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { MediaInfo, MediaInfoResult } from 'mediainfo.js'
import type { RangedReader } from '../../aws/ranged-reader.ts'

/** The folder in which Lambda unpacks layers. */
const LAYERS = '/opt'
/**
 * Far above what any real file needs; a crafted one can send the parser back and forth without end.
 */
const MAX_READS = 20_000
/** Real files take a tenth of a second. Between two reads a parser cannot be stopped. */
const MAX_MS = 5_000

type Factory = (options: { format: 'object' }) => Promise<MediaInfo<'object'>>

let loaded: Promise<Factory> | undefined

/** ESM looks for packages beside the importing file only, so the layer is imported by its path. */
const loadFactory = async (layersRoot: string): Promise<Factory> => {
  const file = join(layersRoot, 'nodejs/node_modules/mediainfo.js/dist/esm/index.js')
  const module = (await import(pathToFileURL(file).href)) as { default: Factory }
  return module.default
}

/** A parser that has crashed cannot be closed either. */
const close = (parser: MediaInfo<'object'>): void => {
  try {
    parser.close()
  } catch {
    loaded = undefined
  }
}

/**
 * Returns what mediainfo.js finds in the file behind `reader`; undefined when the parser gives up
 * on it. Throws failing reads.
 */
export const readMediaInfo = async (
  reader: RangedReader,
  layersRoot: string = LAYERS,
): Promise<MediaInfoResult | undefined> => {
  loaded ??= loadFactory(layersRoot)
  const create = await loaded
  const parser = await create({ format: 'object' })
  const deadline = performance.now() + MAX_MS
  let reads = 0
  let failure: unknown
  const read = async (size: number, offset: number) => {
    reads += 1
    if (reads > MAX_READS || performance.now() > deadline) throw new Error('the parser finds no end')
    return reader.read(size, offset).catch(error => {
      failure = error
      throw error
    })
  }
  try {
    return await parser.analyzeData(reader.sizeBytes, read)
  } catch {
    if (failure) throw failure
    return undefined
  } finally {
    close(parser)
  }
}
