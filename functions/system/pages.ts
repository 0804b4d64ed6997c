import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

/** The files of each page beside its index.html, as the build puts them beside the bundle. */
const ASSETS = {
  docs: {
    'swagger-ui.css': STYLE,
    'swagger-ui-bundle.js': SCRIPT,
    'swagger-init.js': SCRIPT,
    'favicon-32x32.png': 'image/png',
  },
  watch: { 'hls.min.js': SCRIPT, 'watch.js': SCRIPT, 'watch.css': STYLE },
} as const

type Page = keyof typeof ASSETS
export type Pages = ReturnType<typeof createPages>

/** The API's documents and pages, read from the function's own folder. */
export const createPages = (folder: string) => ({
  openApi: () => readFile(join(folder, 'openapi.json'), 'utf8'),
  page: (page: Page) => readFile(join(folder, page, 'index.html'), 'utf8'),
  /** Undefined for a name that is no file of the page. */
  asset: async (page: Page, name: string): Promise<{ content: Buffer; contentType: string } | undefined> => {
    const assets: Record<string, string> = ASSETS[page]
    const contentType = Object.hasOwn(assets, name) ? assets[name] : undefined
    return contentType ? { content: await readFile(join(folder, page, name)), contentType } : undefined
  },
})
