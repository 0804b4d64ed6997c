import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Swagger UI's files, as the build puts them beside the bundle, and their types. */
const ASSETS: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-init.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
}

export type Docs = ReturnType<typeof createDocs>

/** The API's documents, read from the function's own folder. */
export const createDocs = (folder: string) => ({
  openApi: () => readFile(join(folder, 'openapi.json'), 'utf8'),
  page: () => readFile(join(folder, 'docs/index.html'), 'utf8'),
  /** Undefined for a name that is no file of Swagger UI. */
  asset: async (name: string): Promise<{ content: Buffer; contentType: string } | undefined> => {
    const contentType = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined
    return contentType ? { content: await readFile(join(folder, 'docs', name)), contentType } : undefined
  },
})
